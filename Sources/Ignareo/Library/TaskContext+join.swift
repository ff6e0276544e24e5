internal import Loop

// MARK: Waiting for tasks inside a task

/// None of these ends a task that it does not wait for any longer: what is not needed any more is told so with
/// `TaskHandle.cancel`, or ends when this task is left.
extension TaskContext {
  /// Waits for all, and gives their values in the order of the handles.
  ///
  /// It looks at one after the other, so that a failure is told when those before it have ended: take
  /// `joinAsCompleted` to hear of it at once.
  ///
  /// - Throws: the first failure in that order, or `CancellationError`.
  public func join<Value: Sendable>(_ handles: [TaskHandle<Value>]) async throws -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(handles.count)
    for handle in handles { values.append(try await handle.value) }
    return values
  }

  /// Waits for the first one that ends, whether it has succeeded or failed (JavaScript's `Promise.race`, Python's
  /// `wait` with `FIRST_COMPLETED`): its element says which one it was, and has its value or throws its failure.
  ///
  ///     let first = try await context.joinFirst([page, tooLate])
  ///     if first.index == 0 { return try first.value }
  ///
  /// Where several have ended already, the first one of the list. Each call looks at all handles: to take many, one by
  /// one, use `joinAsCompleted`.
  ///
  /// - Throws: `CancellationError` when this task is cancelled; `TaskFailure.Code.internal` without any handle.
  public func joinFirst<Value: Sendable>(_ handles: [TaskHandle<Value>]) async throws -> EndedTask<Value> {
    if let index = handles.firstIndex(where: \.task.hasEnded) {
      try Task.checkCancellation()
      return EndedTask(index: index, handle: handles[index])
    }
    guard let first = try await PendingEnds(handles, on: runner.loop).next() else { throw Self.nothingToJoin }
    return first
  }

  /// Waits for the first one that succeeds (JavaScript's `Promise.any`): for asking several who can answer alike.
  ///
  ///     let answers = mirrors.map { url in context.spawn { _ in try await session.get(url).checked() } }
  ///     let answer = try await context.joinFirstSuccess(answers).value
  ///     for other in answers { other.cancel() }
  ///
  /// - Throws: when all have failed, a `TaskFailure` that counts them and has the code of the last one's; it may be
  ///   retried, or have had an effect, as soon as one of them may. `CancellationError` when this task, or all of them,
  ///   are cancelled; `TaskFailure.Code.internal` without any handle.
  public func joinFirstSuccess<Value: Sendable>(_ handles: [TaskHandle<Value>]) async throws -> EndedTask<Value> {
    guard !handles.isEmpty else { throw Self.nothingToJoin }
    var failures = JoinedFailures()
    for try await ended in joinAsCompleted(handles) {
      do {
        _ = try ended.value
        return ended
      } catch { failures.note(error) }
    }
    throw failures.error
  }

  /// Gives tasks in the order of their ends, as they end (Python's `as_completed`); those that have ended already come
  /// first, in the order of the handles.
  ///
  ///     for try await ended in context.joinAsCompleted(pages) {
  ///       do { index.add(try ended.value, from: urls[ended.index]) } catch { context.log("\(error)") }
  ///     }
  ///
  /// The work is in proportion to the number of handles. A task that was given is not held on to, so that a value which
  /// nobody keeps is freed.
  public func joinAsCompleted<Value: Sendable>(_ handles: [TaskHandle<Value>]) -> EndedTasks<Value> {
    EndedTasks(handles: handles, loop: runner.loop)
  }

  private static var nothingToJoin: TaskFailure {
    TaskFailure(.internal, "there is no task to wait for: the list of handles is empty", isRetryable: false)
  }
}

/// What is told when none of several tasks has succeeded.
private struct JoinedFailures {
  private var count = 0
  private var cancelled = 0
  private var last: TaskFailure?
  private var isRetryable = false
  private var mayHaveTakenEffect = false

  mutating func note(_ error: any Error) {
    count += 1
    if error is CancellationError {
      cancelled += 1
      mayHaveTakenEffect = true
      return
    }
    let failure = TaskFailure(from: error)
    last = failure
    isRetryable = isRetryable || failure.isRetryable
    mayHaveTakenEffect = mayHaveTakenEffect || failure.mayHaveTakenEffect
  }

  var error: any Error {
    guard let last else { return CancellationError() }
    guard count > 1 else { return last }
    let others = cancelled == 0 ? "" : "\(cancelled) of them were cancelled; "
    return TaskFailure(
      last.code, "none of \(count) tasks succeeded: \(others)the last failure was \(last.message)",
      isRetryable: isRetryable, mayHaveTakenEffect: mayHaveTakenEffect)
  }
}
