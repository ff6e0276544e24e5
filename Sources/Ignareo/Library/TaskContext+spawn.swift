internal import JSON
internal import Loop

// MARK: Tasks inside a task

extension TaskContext {
  /// Starts a function as a task of its own on this loop and gives its handle at once.
  ///
  /// It may outlive neither this task nor its deadline: leaving this task cancels it and waits for its clean-up.
  /// Task-local values are not handed on to it.
  @discardableResult
  public func spawn<Value: Sendable>(
    _ operation: @escaping @Sendable (TaskContext) async throws -> Value
  ) -> TaskHandle<Value> {
    let child = SpawnedTask(of: run, operation)
    run.adopt(child)
    return TaskHandle(child)
  }

  /// Starts a task of a registered type and gives its handle at once.
  ///
  /// The handle's value throws `TaskFailure`: `unknownTask`, `badArguments`, or how the task failed.
  @discardableResult
  public func spawn(_ type: String, _ arguments: some Encodable & Sendable) -> TaskHandle<AnyJSON> {
    spawn { context in
      guard let known = context.runner.types[type] else { throw context.runner.types.unknown(type) }
      let prepared = try known.prepare(try CodableArguments.encode(arguments))
      return AnyJSON(try await context.perform(prepared))
    }
  }

  /// What it may have done is remembered for the whole attempt.
  private func perform(_ prepared: PreparedTask) async throws -> JSONValue {
    var hadNoEffect = prepared.isRepeatable
    defer { if !hadNoEffect { run.shared.hasActed = true } }
    do { return try await prepared.run(self) } catch {
      if let failure = error as? TaskFailure, !failure.mayHaveTakenEffect { hadNoEffect = true }
      throw error
    }
  }
}
