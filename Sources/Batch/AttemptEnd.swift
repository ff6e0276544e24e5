/// Why a task failed: the contract's closed list.
package enum ErrorCode: String, CaseIterable, Sendable {
  case timeout, lost
  case unknownTask = "unknown_task"
  case badArguments = "bad_arguments"
  case connect, dns, tls
  case httpStatus = "http_status"
  case tooLarge = "too_large"
  case assertion
  case workerCrashed = "worker_crashed"
  case rejected
  case `internal`
}

/// How one attempt ended, as its node told it.
package struct AttemptEnd: Sendable {
  package enum Outcome: Sendable {
    /// The value's JSON bytes.
    case ok(ArraySlice<UInt8>)
    case error(AttemptError)
    case cancelled(mayHaveActed: Bool)
    /// It did not go out with its shard, and is as it was before.
    case notBegun
    /// It can never go out: the journal has lost the task. The error object's JSON bytes.
    case lostTask(ArraySlice<UInt8>)
  }

  package var index: Int
  package var outcome: Outcome
  /// From the shard's arrival on the node to the attempt's start there.
  package var startedMilliseconds: Double
  package var durationMilliseconds: Double

  package init(
    index: Int, outcome: Outcome, startedMilliseconds: Double = 0, durationMilliseconds: Double = 0
  ) {
    self.index = index
    self.outcome = outcome
    self.startedMilliseconds = startedMilliseconds
    self.durationMilliseconds = durationMilliseconds
  }
}

package struct AttemptError: Sendable {
  /// Nil for a code that the contract does not know.
  package var code: ErrorCode?
  /// The error object's JSON bytes, as users see them.
  package var json: ArraySlice<UInt8>
  package var isRetryable: Bool
  /// False only where it surely had no effect.
  package var mayHaveActed: Bool
  /// False where the node could not begin the task: no attempt was made, and the task goes elsewhere. The same code
  /// from a task that ran is that task's own word.
  package var hasBegun: Bool

  package init(
    code: ErrorCode?, json: ArraySlice<UInt8>, isRetryable: Bool, mayHaveActed: Bool, hasBegun: Bool = true
  ) {
    self.code = code
    self.json = json
    self.isRetryable = isRetryable
    self.mayHaveActed = mayHaveActed
    self.hasBegun = hasBegun
  }

  /// Whether nobody can say if the task took effect: a request went out and its answer broke off. An answer that says
  /// no, a limit of time that its submitter set, and a crash are ends that are known.
  var leavesUnknown: Bool { code == .lost && mayHaveActed && hasBegun }

  /// What the coordinator itself says of an attempt.
  package static func `internal`(_ message: String) -> AttemptError {
    AttemptError(
      code: .internal, json: TaskResult.error(.internal, message), isRetryable: false, mayHaveActed: true)
  }
}

/// Why an exchange that carried a shard is over.
package enum ShardEnd: Sendable, Equatable {
  /// The node said that it has told everything.
  case finished
  /// The connection broke, or the node is gone: what was under way may have acted.
  case broken
  /// As `broken`, and the process that had it is gone: nobody listens there, or who answers now does not know it.
  case died
  /// The node's answer could not be understood. As `broken`, but counted as an attempt of each task without an end: one
  /// of them may be what makes the answer so.
  case garbled
  /// Nothing of the shard reached a task: no connection was made, or the node answered with something else than 200.
  case notSent
  /// The node took nothing and may be asked again later (503 with Retry-After).
  case refused(retryAfter: Duration)
  /// The coordinator itself could not send it: that says nothing of the node, and the batch rests for a while.
  case withheld

  /// Whether none of its tasks can have begun.
  package var tookNothing: Bool {
    switch self {
    case .notSent, .refused, .withheld: true
    default: false
    }
  }
}
