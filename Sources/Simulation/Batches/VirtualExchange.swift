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

  let shard: Shard
  /// The coordinator's that sent it.
  let life: Int
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

  init(_ shard: Shard, life: Int, node: Int, nodeLife: Int) {
    (self.shard, self.life, self.node, self.nodeLife) = (shard, life, node, nodeLife)
    open = Set(shard.entries.map { Int($0.index) })
  }
}
