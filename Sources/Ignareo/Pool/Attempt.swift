internal import Clockwork
package import JSON
internal import Loop

/// How a task, or one attempt at it, ended.
package enum TaskOutcome: Sendable {
  case ok(JSONValue)
  case error(TaskFailure)
  case cancelled

  /// Of an attempt that has done something before it failed, whatever its last request can say of itself.
  var withEffect: TaskOutcome {
    guard case .error(var failure) = self else { return self }
    failure.mayHaveTakenEffect = true
    return .error(failure)
  }
}

/// One run of a task on one loop: the link between the pool, which counts it, and the loop, which runs it.
///
/// Guarded by: the thread of its runner's loop, but for `record`, which the pool's loop alone looks into.
final class Attempt: @unchecked Sendable {
  enum Phase {
    /// Among those that its loop has yet to start.
    case waiting
    /// Handed to the loop's executor; its body has not begun.
    case starting(TaskRun)
    case running(TaskRun, LoopTimer, startedAt: Instant)
    /// Told to stop before its body began.
    case skipped
    /// Told to stop; the timer ends the patience with its clean-up.
    case cleaningUp(TaskRun, LoopTimer, startedAt: Instant)
    /// Its result was given, but it still runs.
    case abandoned
    case over
  }

  let record: TaskRecord
  let typeName: String
  let prepared: PreparedTask
  let number: Int
  let timeout: Duration
  /// As the task's submitter said; nil: nothing.
  let saysRepeatable: Bool?
  /// Which of the pool's runners it was given to.
  let place: Int
  /// Those among which it waits there for its start.
  let startLine: StartLine

  var phase = Phase.waiting
  /// Its time begins with its body, which a wait for the loop before has not used up.
  var deadline = Instant.distantFuture

  init(record: TaskRecord, draft: TaskDraft, number: Int, place: Int) {
    self.record = record
    startLine = record.startLine
    typeName = draft.type.name
    prepared = draft.prepared
    (timeout, saysRepeatable) = (draft.timeout, draft.saysRepeatable)
    self.number = number
    self.place = place
  }

  /// What a task that is not repeatable sent before its time was up may have been heeded.
  var timedOut: TaskFailure {
    TaskFailure(.timeout, "the attempt took longer than its timeout_s of \(timeout.inSeconds)")
  }
}

/// When an attempt's body ran: what it waited for its loop before, or its report after, is not counted.
struct AttemptSpan: Sendable {
  let begin: Instant
  let end: Instant
  var duration: Duration { end - begin }
}

/// What a runner tells the pool, in batches.
enum AttemptReport: Sendable {
  /// `span` is from its body's beginning to its end; nil when the body never began.
  case ended(Attempt, TaskOutcome, span: AttemptSpan?, releasesPlace: Bool)
  /// An attempt that had ignored its cancellation is over at last.
  case placeReleased(Attempt)
}
