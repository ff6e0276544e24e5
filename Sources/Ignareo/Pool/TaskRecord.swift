package import Clockwork
internal import JSON
internal import Loop

/// One task in the pool, from its registration until it is forgotten.
///
/// Every field is guarded by the pool's loop; other loops only carry the reference.
package final class TaskRecord: @unchecked Sendable {
  enum State {
    case queued
    /// Waits for its next attempt.
    case backingOff(LoopTimer)
    /// Waits until its shard's reader has caught up.
    case held
    case running(Attempt)
    /// Told to stop, and not over yet.
    case stopping(Attempt)
    case ended(TaskResult)
  }

  enum Owner {
    /// Registered with this node, which keeps its result.
    case node
    /// Belongs to a shard, which sends its result on. `index` is the task's place in its batch.
    case shard(ShardRun, index: Int)
  }

  package let id: UUIDv7
  /// Its place among all that were ever registered: identifiers of one millisecond have no order.
  let serial: Int
  let type: TaskTypeCounts
  let name: String?
  let bytes: Int
  let owner: Owner
  let createdAt: Timestamp
  let acceptedAt: Instant

  /// Everything that running it needs; nil once it has ended, so that what is kept of it is its result alone.
  var draft: TaskDraft?
  var state = State.queued
  /// The attempts that were begun, this node's and, for a shard's task, those before it.
  var attemptsBegun: Int
  var firstStart: Instant?
  var lastFailure: TaskFailure?
  var joins: [Join] = []
  /// Called once, when it ends.
  var whenEnded: ((TaskRecord) -> Void)?
  var links = Links()
  var registryLinks = Links()

  init(
    id: UUIDv7, serial: Int, type: TaskTypeCounts, draft: TaskDraft, owner: Owner, attemptsBefore: Int,
    createdAt: Timestamp, acceptedAt: Instant
  ) {
    self.id = id
    self.serial = serial
    self.draft = draft
    self.owner = owner
    self.type = type
    self.createdAt = createdAt
    self.acceptedAt = acceptedAt
    name = draft.name
    bytes = draft.bytes
    attemptsBegun = attemptsBefore
  }

  private static let ownLine = StartLine(sender: nil)

  var startLine: StartLine {
    if case .shard(let shard, _) = owner { shard.startLine } else { Self.ownLine }
  }

  package var hasEnded: Bool {
    if case .ended = state { true } else { false }
  }
}

/// A task's end, with what its submitter is told.
package struct TaskResult: Sendable {
  package let outcome: TaskOutcome
  package let endedAt: Instant
  package let finishedAt: Timestamp
  /// From registration to the first start, or to the end of a task that never started.
  package let queued: Duration
  /// The last attempt's; zero for a task that never started.
  package let duration: Duration

  /// What it holds in memory beyond its record.
  var bytes: Int {
    switch outcome {
    case .ok(let value): value.bytes.count
    case .error(let failure): failure.message.utf8.count
    case .cancelled: 0
    }
  }
}
