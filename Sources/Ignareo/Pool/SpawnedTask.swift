internal import Clockwork
internal import Loop

/// A task that was started inside another, with what became of it: one object for context and handle, of which there
/// may be a hundred thousand.
///
/// It holds no type that depends on `Value` but pointers and closures: this code is compiled once for all of them, and
/// each such type (an optional, a result, an enum) would have to be looked up by name in every call that touches it,
/// which made up a quarter of a task's time.
// Guarded by: the thread of the task's loop; each entry asserts it or goes there.
class SpawnedTask<Value: Sendable>: TaskRun, @unchecked Sendable {
  typealias Operation = @Sendable (TaskContext) async throws -> Value

  /// Nil once it has begun.
  private var operation: Operation?
  /// By `phase`: of one that waits or runs, those who await it, if anybody does; of one that has succeeded, its value;
  /// of one that has failed, its error. Owned by this object, and freed with it.
  private var content: UnsafeMutableRawPointer?
  /// Nil once it has ended. Held: a context that outlives its task can still start something in it.
  private var parent: TaskRun?

  init(of parent: TaskRun, _ operation: @escaping Operation) {
    self.parent = parent
    self.operation = operation
    super.init(parent.shared)
  }

  deinit {
    switch phase {
    case .waiting, .running: _ = takeWaits()
    case .succeeded:
      value.deinitialize(count: 1)
      value.deallocate()
    case .failed: content.map { Unmanaged<TaskError>.fromOpaque($0).release() }
    }
  }

  override var deadline: Instant { parent?.deadline ?? .distantFuture }

  override func run(_ isolation: isolated LoopIsolation) async {
    do {
      let value = try await begin()(TaskContext(self))
      await leave()
      end(value)
    } catch { await end(error) }
  }

  private final func begin() -> Operation {
    guard phase == .waiting, let operation else { preconditionFailure("a task is begun twice") }
    phase = .running
    self.operation = nil
    return operation
  }

  @inline(never)
  private final func end(_ value: Value) {
    let waits = takeWaits()
    // Owned by: this object.
    let kept = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    kept.initialize(to: value)
    (phase, content) = (.succeeded, UnsafeMutableRawPointer(kept))
    waits?.tell(self)
    leaveParent()
  }

  private final func leaveParent() {
    parent?.release(self)
    parent = nil
  }

  @inline(never)
  private final func end(_ error: any Error) async {
    await leave()
    let waits = takeWaits()
    (phase, content) = (.failed, Unmanaged.passRetained(TaskError(error)).toOpaque())
    waits?.tell(self)
    leaveParent()
  }

  // MARK: What became of it

  /// Owned by: this object, valid as long as it lives.
  private final var value: UnsafeMutablePointer<Value> {
    guard let content else { preconditionFailure("a task has succeeded without a value") }
    return content.assumingMemoryBound(to: Value.self)
  }

  /// Off the loop's thread nothing is known.
  final var hasEnded: Bool { runner.loop.isCurrent && (phase == .succeeded || phase == .failed) }

  /// Of a task that has ended.
  final func result() throws -> Value {
    if phase == .succeeded { return value.pointee }
    guard phase == .failed, let content else { preconditionFailure("a task without a result is asked for it") }
    throw Unmanaged<TaskError>.fromOpaque(content).takeUnretainedValue().error
  }

  // MARK: Those who await it

  /// Waits for the end, or for the waiting task's cancellation.
  final func end() async throws -> Value { try await end(whenCancelled: { _, wait in wait.cancel() }) }

  /// Waits for the end, clean-up included, as for a part of the waiting task: whoever cancels that cancels this, too.
  final func endAsPart() async throws -> Value { try await end(whenCancelled: { task, _ in task.cancel(.requested) }) }

  private final func end(
    whenCancelled: @escaping @Sendable (SpawnedTask, TaskWait<Value>) -> Void,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Value {
    let wait = TaskWait<Value>()
    return try await withTaskCancellationHandler {
      _ = isolation  // Mentioned, so that the closure is isolated like its caller: else it costs two enqueues.
      return try await withUnsafeThrowingContinuation { continuation in
        onLoop {
          wait.begin(continuation)
          $0.add(wait)
        }
      }
    } onCancel: {
      onLoop { whenCancelled($0, wait) }
    }
  }

  /// Tells `wait` of the end, on this task's loop; at once when it is over already.
  final func whenEnded(tell wait: EndOrder, tag: Int) { onLoop { $0.add(wait, tag: tag) } }

  private final func add(_ wait: AnyTaskWait, tag: Int = 0) {
    guard phase == .waiting || phase == .running else { return wait.taskHasEnded(self, tag: tag) }
    if content == nil { content = Unmanaged.passRetained(TaskWaits()).toOpaque() }
    waits?.add(wait, tag: tag)
  }

  /// Nil when nobody awaits it, or it has ended.
  final var waits: TaskWaits? {
    guard phase == .waiting || phase == .running else { return nil }
    return content.map { Unmanaged<TaskWaits>.fromOpaque($0).takeUnretainedValue() }
  }

  private final func takeWaits() -> TaskWaits? {
    defer { content = nil }
    return content.map { Unmanaged<TaskWaits>.fromOpaque($0).takeRetainedValue() }
  }

  private final func onLoop(_ work: @escaping @Sendable (SpawnedTask) -> Void) {
    let loop = runner.loop
    if loop.isCurrent { work(self) } else { loop.execute { [self] in work(self) } }
  }
}

/// An error in a box. Guarded by: its task.
private final class TaskError {
  let error: any Error
  init(_ error: any Error) { self.error = error }
}
