internal import Clockwork
internal import Loop

/// A task with a limit of its own on its time, within that of the task that started it.
// Guarded by: as every run.
final class LimitedTask<Value: Sendable>: SpawnedTask<Value>, @unchecked Sendable {
  private let limit: Duration
  private let ownDeadline: Instant
  /// It was its own limit that ended it, and no other's.
  private var ranOut = false

  init(of parent: TaskRun, limit: Duration, _ operation: @escaping Operation) {
    self.limit = limit
    ownDeadline = MonotonicClock.now + limit
    super.init(of: parent, operation)
  }

  override var deadline: Instant { min(super.deadline, ownDeadline) }

  /// Waits for the end, which its limit brings about if nothing else does.
  ///
  /// - Throws: `timeout` when that was so; else what it threw, or the cancellation of the waiting task.
  func endInTime() async throws -> Value {
    // Where the limit of who started it comes first, or at the same time, that one is told.
    let timer = ownDeadline < super.deadline ? runner.loop.schedule(at: ownDeadline) { [self] in runOut() } : nil
    defer { timer?.cancel() }
    do { return try await endAsPart() } catch {
      throw ranOut ? timedOut(error) : error
    }
  }

  /// What has ended but for its clean-up is left alone: how it ended is known by then.
  private func runOut() {
    guard cancellation == nil, !hasLeft else { return }
    ranOut = true
    cancel(.timeout)
  }

  private func timedOut(_ error: any Error) -> any Error {
    // The function may know better than we what took so long.
    if let failure = error as? TaskFailure, failure.code == .timeout { return failure }
    return Self.timedOut(limit)
  }

  static func timedOut(_ limit: Duration, mayHaveTakenEffect: Bool = true) -> TaskFailure {
    TaskFailure(
      .timeout, "the limit of \(limit.inSeconds) s was over before the function was done",
      mayHaveTakenEffect: mayHaveTakenEffect)
  }
}
