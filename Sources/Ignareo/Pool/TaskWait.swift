/// A wait for the ends of tasks, whatever the type of their values.
class AnyTaskWait {
  var isOver: Bool { true }

  /// A task has ended that it was added to, with this tag.
  func taskHasEnded(_ task: TaskRun, tag: Int) {}
}

/// Those who await a task. Guarded by: the task.
final class TaskWaits {
  private static let firstSweep = 8

  private(set) var waits: [(wait: AnyTaskWait, tag: Int)] = []
  /// How many there may be before those that are over are taken out: twice as many as the last time were left, so that
  /// a task that outlives many a wait keeps few of them, and adding one costs the same however many there are.
  private var sweepAt = TaskWaits.firstSweep

  func add(_ wait: AnyTaskWait, tag: Int = 0) {
    if waits.count >= sweepAt {
      waits.removeAll(where: \.wait.isOver)
      sweepAt = max(Self.firstSweep, 2 * waits.count)
    }
    waits.append((wait, tag))
  }

  func tell(_ task: TaskRun) { for (wait, tag) in waits { wait.taskHasEnded(task, tag: tag) } }
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

  override func taskHasEnded(_ task: TaskRun, tag: Int) {
    guard case .waiting(let continuation) = state else { return }
    guard let task = task as? SpawnedTask<Value> else { preconditionFailure("a wait for another type of value") }
    state = .over
    do { continuation.resume(returning: try task.result()) } catch { continuation.resume(throwing: error) }
  }
}
