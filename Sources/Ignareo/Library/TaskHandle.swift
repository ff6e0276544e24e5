internal import Loop

/// A task that was started inside another.
// Guarded by: the thread of the task's loop; each entry asserts it or goes there.
public final class TaskHandle<Value: Sendable>: @unchecked Sendable {
  private enum State {
    case running([(key: Int, waiter: UnsafeContinuation<Value, any Error>)])
    case ended(Result<Value, any Error>)
  }

  private let context: TaskContext
  private var state = State.running([])
  private var lastKey = 0

  init(context: TaskContext) { self.context = context }

  /// Waits for the task's end.
  ///
  /// - Throws: what the task threw; `CancellationError` when the task, or the one that waits, is cancelled.
  public var value: Value {
    get async throws {
      if context.runner.loop.isCurrent, case .ended(let result) = state { return try result.get() }
      let wait = Wait()
      return try await withTaskCancellationHandler {
        try await withUnsafeThrowingContinuation { continuation in
          onLoop { $0.add(continuation, wait) }
        }
      } onCancel: {
        onLoop { $0.abandon(wait) }
      }
    }
  }

  /// Tells the task to stop. Its own clean-up runs; `value` then throws `CancellationError`.
  public func cancel() { onLoop { $0.context.cancel(.requested) } }

  func end(_ result: Result<Value, any Error>) {
    context.runner.loop.assertCurrent()
    guard case .running(let waiters) = state else { return }
    state = .ended(result)
    for (_, waiter) in waiters { waiter.resume(with: result) }
  }

  /// One `value` that is being waited for. Its fields are guarded by: the loop's thread.
  private final class Wait: @unchecked Sendable {
    var key = 0
    var isAbandoned = false
  }

  private func add(_ continuation: UnsafeContinuation<Value, any Error>, _ wait: Wait) {
    switch state {
    case .ended(let result): continuation.resume(with: result)
    case .running where wait.isAbandoned: continuation.resume(throwing: CancellationError())
    case .running(var waiters):
      lastKey += 1
      wait.key = lastKey
      waiters.append((lastKey, continuation))
      state = .running(waiters)
    }
  }

  private func abandon(_ wait: Wait) {
    wait.isAbandoned = true
    guard case .running(var waiters) = state, let place = waiters.firstIndex(where: { $0.key == wait.key }) else {
      return
    }
    let waiter = waiters.remove(at: place).waiter
    state = .running(waiters)
    waiter.resume(throwing: CancellationError())
  }

  private func onLoop(_ work: @escaping @Sendable (TaskHandle) -> Void) {
    let loop = context.runner.loop
    if loop.isCurrent { work(self) } else { loop.execute { work(self) } }
  }
}
