/// Why a task failed: a code of a closed list, a text for people, and what may be done about it.
///
/// A task throws one to choose its code; any other error that it throws becomes `internal`.
public struct TaskFailure: Error, Sendable, Equatable {
  /// The codes that a result's `error.code` can hold. The list is closed: programs may switch over it.
  public enum Code: String, Sendable, CaseIterable {
    /// An attempt, or a transfer inside it, took longer than it may.
    case timeout
    /// The node that ran the attempt went away, or a peer broke the connection off when it had the request.
    case lost
    /// No task type has this name.
    case unknownTask = "unknown_task"
    /// The arguments do not fit the task type.
    case badArguments = "bad_arguments"
    /// The peer could not be reached.
    case connect
    /// The host's name could not be resolved.
    case dns
    /// The TLS handshake failed.
    case tls
    /// The answer's status was not an expected one.
    case httpStatus = "http_status"
    /// The answer was larger than allowed.
    case tooLarge = "too_large"
    /// What the task checks for did not hold.
    case assertion
    /// The worker process that held the task died.
    case workerCrashed = "worker_crashed"
    /// Refused before it started.
    case rejected
    /// Anything else.
    case `internal`
  }

  public var code: Code
  /// Names the cause, and the host where there is one.
  public var message: String
  /// Whether another attempt may succeed. An attempt that failed otherwise is the task's last one.
  public var isRetryable: Bool
  /// False when the attempt surely had no effect, so that even a task that is not repeatable may run again.
  public var mayHaveTakenEffect: Bool
  /// The JSON pointer (RFC 6901) of the argument at fault, for `badArguments`.
  public var pointer: String?

  /// - Parameters:
  ///   - isRetryable: by default what `code` suggests: yes unless the same attempt would fail in the same way.
  ///   - mayHaveTakenEffect: by default what `code` suggests: no when nothing can have been sent yet.
  public init(
    _ code: Code, _ message: String, isRetryable: Bool? = nil, mayHaveTakenEffect: Bool? = nil, pointer: String? = nil
  ) {
    self.code = code
    self.message = message
    self.isRetryable = isRetryable ?? code.isRetryable
    self.mayHaveTakenEffect = mayHaveTakenEffect ?? code.mayHaveTakenEffect
    self.pointer = pointer
  }
}

extension TaskFailure.Code {
  fileprivate var isRetryable: Bool {
    switch self {
    case .timeout, .lost, .connect, .dns, .tls, .workerCrashed, .rejected, .internal: true
    case .unknownTask, .badArguments, .httpStatus, .tooLarge, .assertion: false
    }
  }

  fileprivate var mayHaveTakenEffect: Bool {
    switch self {
    case .unknownTask, .badArguments, .connect, .dns, .tls, .rejected: false
    case .timeout, .lost, .httpStatus, .tooLarge, .assertion, .workerCrashed, .internal: true
    }
  }
}

extension TaskFailure: CustomStringConvertible {
  public var description: String { "\(code.rawValue): \(message)" }
}
