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
  let name: String
  var machine: Swim
  var clock = VirtualClock()
  var condition = Condition.waiting
  /// Raised by each start: what was under way for an earlier life is dropped.
  var life = 0
  var wakeAt: Instant?
  /// What arrived while it was paused, and has not been read since.
  var backlog: [Swim.Input] = []
  /// Until then others may hold it dead by right: it was paused, cut off, or has only just come back.
  var excusedUntil = Instant.zero
  /// Some fault has touched it: figures about the healthy leave it out.
  var isAfflicted = false
  var meta: [UInt8] = []

  /// What a socket's buffer holds of small datagrams on Linux (212,992 bytes, some 768 for each); the rest is lost.
  static let backlogDatagrams = 256

  init(number: Int, machine: Swim) {
    self.number = number
    self.machine = machine
    name = VirtualNode.name(number)
  }

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
