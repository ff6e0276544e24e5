import Batch
import Clockwork

/// A shard on its way to a node, and its results on their way back.
struct VirtualExchange {
  /// What comes back, in order.
  enum Arrival {
    case ends([AttemptEnd])
    case closed(ShardEnd)
  }

  let shard: Shard
  /// The coordinator's.
  let life: Int
  let node: Int
  /// The node's, when the connection was made.
  let nodeLife: Int
  /// The coordinator still listens.
  var isAwaited = true
  /// The node has it: nil before it has arrived, false when it has let go.
  var isHeld: Bool?
  /// Attempts without an end.
  var open: Set<Int>
  /// A stream's bytes do not overtake each other.
  var lastArrival = Instant.zero
  /// What came while the node was cut off.
  var stalled: [Arrival] = []
  var isRequestStalled = false
}
