import Loop

/// One suspension that a callback on the loop ends, or the end of the task.
///
/// Guarded by: the loop's thread.
final class Wait: @unchecked Sendable {
  private enum State {
    case idle
    case waiting(UnsafeContinuation<Void, Never>)
    case over
  }

  private var state = State.idle
  private var isCancelled = false

  /// - Parameter begin: gets what ends the wait, may call it at once, and returns what takes the callback away again.
  /// - Throws: `Failure` when the task was cancelled instead.
  static func until(
    on loop: EventLoop, _ begin: (_ end: @escaping () -> Void) -> () -> Void
  ) async throws(Failure) {
    let wait = Wait()
    let takeAway = begin { wait.end() }
    await withTaskCancellationHandler {
      await withUnsafeContinuation { wait.start($0) }
    } onCancel: {
      loop.execute {
        wait.isCancelled = true
        wait.end()
      }
    }
    takeAway()
    if wait.isCancelled { throw Failure("interrupted", status: .interrupted) }
  }

  private func start(_ continuation: UnsafeContinuation<Void, Never>) {
    if case .over = state { continuation.resume() } else { state = .waiting(continuation) }
  }

  private func end() {
    let before = state
    state = .over
    if case .waiting(let continuation) = before { continuation.resume() }
  }
}
