/// A wait for the end of one task, whatever the type of its value.
class AnyTaskWait {
  var isOver: Bool { true }
}

/// Those who await a task. Guarded by: the task.
final class TaskWaits {
  private var waits: [AnyTaskWait] = []

  func add(_ wait: AnyTaskWait) {
    waits.removeAll(where: \.isOver)
    waits.append(wait)
  }

  func tell(_ body: (AnyTaskWait) -> Void) { for wait in waits { body(wait) } }
}

/// One wait for a task's end: the end or the waiting task's cancellation resumes it, whichever comes first, once.
// Guarded by: the thread of the awaited task's loop.
final class TaskWait<Value: Sendable>: AnyTaskWait, @unchecked Sendable {
  private enum State {
    case idle
    case waiting(UnsafeContinuation<Value, any Error>)
    case cancelled
    case over
  }

  private var state = State.idle

  override var isOver: Bool {
    switch state {
    case .idle, .waiting: false
    case .cancelled, .over: true
    }
  }

  func begin(_ continuation: UnsafeContinuation<Value, any Error>) {
    if case .cancelled = state { return continuation.resume(throwing: CancellationError()) }
    state = .waiting(continuation)
  }

  func cancel() {
    let before = state
    state = .cancelled
    if case .waiting(let continuation) = before { continuation.resume(throwing: CancellationError()) }
  }

  func end(with task: SpawnedTask<Value>) {
    guard case .waiting(let continuation) = state else { return }
    state = .over
    do { continuation.resume(returning: try task.result()) } catch { continuation.resume(throwing: error) }
  }
}
