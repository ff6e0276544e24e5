package import Clockwork
internal import JSON
internal import Loop

/// What a running task can do besides computing: sleep, start other tasks, make requests, say something.
///
/// It belongs to one run of one task and to the event loop of that run; use it from the task's own code only.
// Guarded by: the thread of `runner.loop`; each entry that touches a variable asserts it.
public final class TaskContext: @unchecked Sendable {
  /// Why a task was told to stop.
  enum Cancellation: Sendable, Equatable {
    case requested
    case timeout
  }

  /// Which run this is, counted from 1.
  public let attempt: Int
  package private(set) var deadline: Instant
  let runner: LoopRunner

  private(set) var cancellation: Cancellation?
  private var task: Task<Void, Never>?
  private var children: [ObjectIdentifier: TaskContext] = [:]
  private var hasLeft = false
  /// The parent's `leave()`, while it waits for the last child.
  private var childless: UnsafeContinuation<Void, Never>?

  init(runner: LoopRunner, attempt: Int, deadline: Instant) {
    self.runner = runner
    self.attempt = attempt
    self.deadline = deadline
  }

  /// Until the limit on this attempt, zero when it has passed.
  public var timeLeft: Duration { max(.zero, deadline - MonotonicClock.now) }

  /// Suspends on the loop's own timer.
  ///
  /// - Throws: `CancellationError` at once when the task is cancelled.
  public func sleep(_ duration: Duration) async throws { try await runner.loop.sleep(for: duration) }

  /// A session of the task's own: its cookies, over the loop's kept-alive connections.
  public func session() -> Session { Session(runner: runner) }

  /// A line in the node's log, on standard error.
  public func log(_ message: String) { runner.log.info("task_says", ["message": message]) }
}

// MARK: Tasks inside a task

extension TaskContext {
  /// Starts a function as a task of its own on this loop and gives its handle at once.
  ///
  /// It may outlive neither this task nor its deadline: leaving this task cancels it and waits for its clean-up.
  @discardableResult
  public func spawn<Value: Sendable>(
    _ operation: @escaping @Sendable (TaskContext) async throws -> Value
  ) -> TaskHandle<Value> {
    runner.loop.assertCurrent()
    let child = TaskContext(runner: runner, attempt: attempt, deadline: deadline)
    let handle = TaskHandle<Value>(context: child)
    children[ObjectIdentifier(child)] = child
    child.start { [self] (_: isolated LoopIsolation) in
      let result = await child.result(of: operation)
      handle.end(result)
      forget(child)
    }
    if let cancellation { child.cancel(cancellation) } else if hasLeft { child.cancel(.requested) }
    return handle
  }

  /// Starts a task of a registered type and gives its handle at once.
  ///
  /// The handle's value throws `TaskFailure`: `unknownTask`, `badArguments`, or how the task failed.
  @discardableResult
  public func spawn(_ type: String, _ arguments: some Encodable & Sendable) -> TaskHandle<AnyJSON> {
    spawn { context in
      guard let known = context.runner.types[type] else { throw context.runner.types.unknown(type) }
      let prepared = try known.prepare(try CodableArguments.encode(arguments))
      return AnyJSON(try await prepared.run(context))
    }
  }

  /// Waits for all, and gives their values in the order of the handles.
  ///
  /// - Throws: the first failure in that order, or `CancellationError`; the others go on until this task is left.
  public func join<Value: Sendable>(_ handles: [TaskHandle<Value>]) async throws -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(handles.count)
    for handle in handles { values.append(try await handle.value) }
    return values
  }
}

// MARK: Life

extension TaskContext {
  /// Its time begins, which a wait for the loop before has not used up.
  func begin(deadline: Instant) { self.deadline = deadline }

  func start(_ body: @escaping @Sendable (isolated LoopIsolation) async -> Void) { task = runner.loop.start(body) }

  /// Runs `operation` to its end and then ends what it left behind.
  func result<Value: Sendable>(
    of operation: @Sendable (TaskContext) async throws -> Value
  ) async -> Result<Value, any Error> {
    let result: Result<Value, any Error>
    do { result = .success(try await operation(self)) } catch { result = .failure(error) }
    await leave()
    return result
  }

  /// Cancels this task and, before it can be resumed, all that it started.
  func cancel(_ reason: Cancellation) {
    runner.loop.assertCurrent()
    guard cancellation == nil else { return }
    cancellation = reason
    for child in children.values { child.cancel(reason) }
    task?.cancel()
  }

  /// Returns when no child runs any more. Nothing is resumed between the check and the suspension: both are one job.
  private func leave() async {
    hasLeft = true
    guard !children.isEmpty else { return }
    for child in children.values { child.cancel(.requested) }
    await withUnsafeContinuation { childless = $0 }
  }

  private func forget(_ child: TaskContext) {
    children[ObjectIdentifier(child)] = nil
    guard children.isEmpty, let waiting = childless else { return }
    childless = nil
    waiting.resume()
  }
}
