/// How often something is tried, how long the pauses between the tries are, and after which errors there is another
/// one.
///
///     let page = try await context.retry(Retry(tries: 5, delay: .milliseconds(200))) {
///       try await session.get("/items/42").checked()
///     }
public struct Retry: Sendable {
  /// How chance shortens a pause.
  public enum Jitter: Sendable, CaseIterable {
    /// To anything between nothing and the whole pause: those that failed together spread out best.
    case full
    /// To anything between a half of the pause and the whole, for who must be left alone for a while.
    case equal
    /// Not at all.
    case none
  }

  /// How often it is tried in all, the first time included; less than 1 counts as 1.
  public let tries: Int
  let backoff: Backoff
  private let repeatable: Bool
  private let isTransient: @Sendable (any Error) -> Bool

  /// - Parameters:
  ///   - tries: how often in all, the first time included.
  ///   - delay: the pause after the first failure, before jitter.
  ///   - maxDelay: the longest pause, before jitter.
  ///   - factor: how much longer each pause is than the one before; 1 keeps them alike.
  ///   - jitter: how chance shortens a pause.
  ///   - repeatable: whether it may be done again when nobody knows whether it took effect. If not, it is tried again
  ///     only after failures that surely had none (`TaskFailure.mayHaveTakenEffect`), such as a connection that was
  ///     refused: an order is then never placed twice. Try one request at a time so: a failure speaks of its own alone.
  ///   - isTransient: whether another try may end better; by default `Retry.isTransient`. It is never asked about
  ///     `CancellationError`, after which nothing is tried.
  public init(
    tries: Int, delay: Duration = .milliseconds(200), maxDelay: Duration = .seconds(30), factor: Double = 2,
    jitter: Jitter = .full, repeatable: Bool = true,
    when isTransient: @escaping @Sendable (any Error) -> Bool = Self.isTransient
  ) {
    self.tries = max(1, tries)
    backoff = Backoff(first: delay, longest: maxDelay, factor: factor, jitter: jitter)
    (self.repeatable, self.isTransient) = (repeatable, isTransient)
  }

  /// A `TaskFailure` that says so of itself, as those of a session do: time-outs, connections that were refused or
  /// broke, names that could not be resolved, and statuses such as 503 that `Response.checked` refuses. No other error:
  /// what is not known is not repeated.
  @Sendable public static func isTransient(_ error: any Error) -> Bool { (error as? TaskFailure)?.isRetryable ?? false }

  /// The pause before the next try.
  ///
  /// - Parameters:
  ///   - failures: how many tries have failed, counted from 1.
  ///   - generator: the same one gives the same pauses.
  public func pause(afterFailures failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
    backoff.pause(afterFailures: failures, using: &generator)
  }

  /// Whether there may be another try after this error.
  func isWorthwhile(after error: any Error) -> Bool {
    if error is CancellationError { return false }
    if !repeatable, (error as? TaskFailure)?.mayHaveTakenEffect ?? true { return false }
    return isTransient(error)
  }
}
