internal import Loop

/// A task that was started inside another.
public struct TaskHandle<Value: Sendable>: Sendable {
  let task: SpawnedTask<Value>

  init(_ task: SpawnedTask<Value>) { self.task = task }

  /// Waits for the task's end.
  ///
  /// - Throws: what the task threw; `CancellationError` when the task, or the one that waits, is cancelled.
  public var value: Value {
    get async throws {
      if task.hasEnded { return try task.result() }
      return try await task.end()
    }
  }

  /// Tells the task to stop. Its own clean-up runs; `value` then throws `CancellationError`.
  public func cancel() {
    let loop = task.runner.loop
    if loop.isCurrent { task.cancel(.requested) } else { loop.execute { [task] in task.cancel(.requested) } }
  }
}

/// Two handles are equal when they are of the same task.
extension TaskHandle: Hashable {
  public static func == (left: Self, right: Self) -> Bool { left.task === right.task }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(task)) }
}
