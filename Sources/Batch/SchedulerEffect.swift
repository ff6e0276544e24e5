package import Clockwork

extension Scheduler {
  /// What the shell has to do, in this order.
  package enum Effect: Sendable {
    case send(Shard)
    /// A shard that was sent before, by another process: the exchange with its node is to be taken up again.
    case attach(Shard, wireID: UUIDv7)
    /// Running tasks of a shard are to be cancelled on its node; their attempts still end one by one.
    case cancelShard(ShardID, node: String)
    /// Tasks of a shard have their result from elsewhere: these are to be cancelled on its node, the others go on.
    /// Whatever still comes of them is ignored.
    case cancelTasks(ShardID, node: String, [Int])
    /// The exchange is of no more use: its node is gone and everything in it is settled.
    case dropShard(ShardID)
    /// A task has its one result.
    case taskEnded(TaskEnd)
    /// An attempt that is not the last one: the task was queued again.
    case attemptFailed(FailedAttempt)
    /// A node went down under tasks: a coordinator that is started again is to count that, too.
    case nodeLost(NodeLossNote)
    /// Every task has its result; the scheduler has forgotten the batch.
    case batchEnded(UUIDv7, BatchProgress)
    /// `Input.wake` is due then; a later one is asked for when that has come.
    case wake(at: Instant)
    /// The input said something stale or impossible.
    case ignored(Ignored)
  }

  package enum Ignored: Sendable, Equatable {
    case unknownBatch(UUIDv7)
    case knownBatch(UUIDv7)
    /// It takes no more tasks.
    case closedBatch(UUIDv7)
    case unknownNode(String)
    /// Its exchange is over, and what it carried is settled.
    case unknownShard
    /// The shard did not carry the index.
    case foreignIndex(Int)
    /// The task has a result, or runs elsewhere now: the first result wins.
    case lateResult(index: Int)
  }
}

/// Tasks of one batch for one node, for one exchange.
package struct Shard: Sendable {
  package struct Entry: Sendable, Equatable {
    package let index: UInt32
    /// From 1.
    package let attempt: UInt16
    package let isRepeatable: Bool

    package init(index: UInt32, attempt: UInt16, isRepeatable: Bool = true) {
      (self.index, self.attempt, self.isRepeatable) = (index, attempt, isRepeatable)
    }
  }

  package let id: ShardID
  package let node: String
  package let batch: UUIDv7
  package let entries: [Entry]

  package init(id: ShardID, node: String, batch: UUIDv7, entries: [Entry]) {
    self.id = id
    self.node = node
    self.batch = batch
    self.entries = entries
  }
}

/// The one result of a task.
package struct TaskEnd: Sendable {
  package enum Detail: Sendable {
    case none
    /// A value's JSON bytes.
    case value(ArraySlice<UInt8>)
    /// An error object's JSON bytes.
    case error(ArraySlice<UInt8>)
    case failure(ErrorCode, message: String)
  }

  package let batch: UUIDv7
  package let index: Int
  /// One of the four ends.
  package let status: TaskState
  package let detail: Detail
  /// Where the last attempt ran; nil when there was none.
  package let node: String?
  package let attempts: Int
  /// False only where none of its attempts can have taken effect.
  package let mayHaveActed: Bool
  /// From the batch's acceptance to the last attempt's start.
  package let queuedMilliseconds: Double
  package let durationMilliseconds: Double

  package init(
    batch: UUIDv7, index: Int, status: TaskState, detail: Detail, node: String? = nil, attempts: Int = 0,
    mayHaveActed: Bool = true, queuedMilliseconds: Double = 0, durationMilliseconds: Double = 0
  ) {
    (self.batch, self.index, self.status, self.detail) = (batch, index, status, detail)
    (self.node, self.attempts, self.mayHaveActed) = (node, attempts, mayHaveActed)
    (self.queuedMilliseconds, self.durationMilliseconds) = (queuedMilliseconds, durationMilliseconds)
  }
}

package struct FailedAttempt: Sendable {
  package let batch: UUIDv7
  package let index: Int
  package let attempt: Int
  /// How many of the task's attempts count now: one that was lost does not.
  package let attemptsCounted: Int
  package let node: String
  package let startedAt: Instant
  package let endedAt: Instant
  /// The error object's JSON bytes.
  package let error: ArraySlice<UInt8>
}
