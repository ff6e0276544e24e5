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
  /// So cut off, or so alone where packets are lost, that others may take it for dead.
  var isHelpless = false
  /// Some fault has touched it: figures about the healthy leave it out.
  var isAfflicted = false
  var meta: [UInt8] = []
  /// How often it was started again at another address.
  var moves = 0

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

  var address: Swim.Address { Self.address(number, moves: moves) }

  /// Numbers of members are far below a million; what lies beyond is nobody's address.
  static let nowhere = 1_000_000
  private static let block = 2_000_000
  private static let first = 0x0a00_0001
  static let mostMoves = 1000

  static func address(_ number: Int, moves: Int = 0) -> Swim.Address {
    Swim.Address(version4: UInt32(first + number + moves * block), port: 7946)
  }

  /// Whose address it is or once was.
  static func number(of address: Swim.Address) -> Int {
    (Int(address.ipBytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }) - first) % block
  }
}
