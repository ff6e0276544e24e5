internal import Loop

// MARK: Time limits inside a task

extension TaskContext {
  /// Runs a function as a task inside this one, with a limit on its time, and gives its value.
  ///
  ///     let page = try await context.withTimeout(.seconds(600)) { context in
  ///       while true {
  ///         let page = try await session.get("/items/42")
  ///         if page.text.contains("in stock") { return page }
  ///         try await context.sleep(.milliseconds(200))
  ///       }
  ///     }
  ///
  /// When the limit is over, the function is cancelled: its next suspension throws `CancellationError`, its clean-up
  /// runs, and what it has spawned ends with it. A value that it returns all the same counts. Limits may be nested, and
  /// lie inside the limit on the attempt: the earliest one counts, `timeLeft` of the function's own context says how
  /// long that is, and whoever set it is told.
  ///
  /// - Parameter limit: from this call on. With none, zero or less, nothing is started.
  /// - Throws: `TaskFailure.Code.timeout`, with the limit in its message, when it was this limit that ended the
  ///   function; `CancellationError` when this task was cancelled or its own time was up; else what the function threw.
  @discardableResult
  public func withTimeout<Value: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable (TaskContext) async throws -> Value
  ) async throws -> Value {
    guard limit > .zero else { throw LimitedTask<Value>.timedOut(limit, mayHaveTakenEffect: false) }
    let task = LimitedTask(of: run, limit: limit, operation)
    run.adopt(task)
    return try await task.endInTime()
  }
}
