import Batch
import Clockwork

/// A shard on its way to a node, and its results on their way back: on the connection that carried it, or, where that
/// breaks, on those that take it up again.
struct VirtualExchange {
  /// What comes back on a connection.
  enum Arrival {
    /// A line of `told`.
    case line(Int)
    /// The last line.
    case end
    /// The node's answer is none: it took nothing.
    case refused(ShardEnd)
  }

  /// As the coordinator counts it that awaits it.
  private(set) var shard: Shard
  /// The name under which the node knows it.
  let wireID: UUIDv7
  /// The coordinator's that sent it, or took it up.
  private(set) var life: Int
  let node: Int
  /// The node's, when the connection was made.
  let nodeLife: Int
  /// The coordinator counts on it.
  var isAwaited = true
  /// The node has it: nil before it has arrived, false when it has let go.
  var isHeld: Bool?
  /// Attempts without an end.
  var open: Set<Int>
  /// Ends as the node told them, which it keeps; and how many the coordinator has taken.
  var told: [AttemptEnd] = []
  var taken = 0

  /// Raised by each break and each new connection: what is on its way on an earlier one is lost.
  var connection = 1
  var isConnected = true
  var isRequestStalled = false
  /// A stream's bytes do not overtake each other.
  var lastArrival = Instant.zero
  var outage: Outage?

  /// A time in which the node cannot be reached.
  struct Outage {
    let since: Instant
    var tries = 0
    /// Tries in a row that found nobody listening.
    var refusals = 0
  }

  init(_ shard: Shard, _ wireID: UUIDv7, life: Int, node: Int, nodeLife: Int) {
    (self.shard, self.wireID, self.life, self.node, self.nodeLife) = (shard, wireID, life, node, nodeLife)
    open = Set(shard.entries.map { Int($0.index) })
  }

  /// Another process counts on it, and hears everything from the beginning.
  mutating func takeUp(_ shard: Shard, life: Int) {
    (self.shard, self.life, isAwaited, taken, outage) = (shard, life, true, 0, nil)
    (connection, isConnected) = (connection + 1, false)
  }
}
