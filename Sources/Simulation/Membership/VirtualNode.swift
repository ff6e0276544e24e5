import Clockwork
import Swim

/// One member's process: the production machine, and whether it runs.
struct VirtualNode {
  enum Condition: Equatable {
    case waiting
    case running
    /// Stopped, as by SIGSTOP: its sockets fill up.
    case paused
    case crashed
    case left
  }

  let number: Int
  var machine: Swim
  var condition = Condition.waiting
  /// Raised by each start: what was under way for an earlier life is dropped.
  var life = 0
  var wakeAt: Instant?
  /// What arrived while it was paused.
  var backlog: [Swim.Input] = []
  /// Until then others may hold it dead by right: it was paused, cut off, or has only just come back.
  var excusedUntil = Instant.zero
  var meta: [UInt8] = []

  var name: String { VirtualNode.name(number) }
  var isUp: Bool { condition == .running || condition == .paused }

  static func name(_ number: Int) -> String { "m\(number)" }

  static func number(of name: String) -> Int? { Int(name.dropFirst()) }

  static func address(_ number: Int) -> Swim.Address {
    Swim.Address(version4: 0x0a00_0001 + UInt32(number), port: 7946)
  }

  static func number(of address: Swim.Address) -> Int {
    Int(address.ipBytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }) - 0x0a00_0001
  }
}
