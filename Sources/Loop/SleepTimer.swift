package import Clockwork

/// One sleep: whichever of its deadline and a cancellation comes first ends it, once.
///
/// Guarded by: the loop's thread.
package final class SleepTimer: HeapTimer, @unchecked Sendable {
  private enum State {
    case idle
    case sleeping(UnsafeContinuation<Void, any Error>)
    case over
  }

  private var state = State.idle

  package override init() {}

  package func start(_ continuation: UnsafeContinuation<Void, any Error>, until deadline: Instant, on loop: EventLoop) {
    if case .over = state { return continuation.resume(throwing: CancellationError()) }
    state = .sleeping(continuation)
    loop.insert(self, at: deadline)
  }

  /// Ends the sleep with `CancellationError`, also one that has yet to start.
  package func cancel(on loop: EventLoop) {
    let before = state
    state = .over
    guard case .sleeping(let continuation) = before else { return }
    if isPending { loop.remove(self) }
    continuation.resume(throwing: CancellationError())
  }

  override func fire() {
    guard case .sleeping(let continuation) = state else { return }
    state = .over
    continuation.resume()
  }
}
