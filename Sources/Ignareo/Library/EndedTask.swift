/// A task that has ended: which one of those that were joined, and how.
public struct EndedTask<Value: Sendable>: Sendable {
  /// Its place among the handles that were joined.
  public let index: Int
  public let handle: TaskHandle<Value>

  init(index: Int, handle: TaskHandle<Value>) { (self.index, self.handle) = (index, handle) }

  /// What it ended with.
  ///
  /// - Throws: what the task threw; `CancellationError` when it was cancelled.
  public var value: Value { get throws { try handle.task.result() } }

  /// The same as a value.
  public var result: Result<Value, any Error> { Result { try value } }
}
