internal import Loop

/// Tasks in the order in which they end, as `TaskContext.joinAsCompleted` gives them.
///
/// Every iteration goes through all of them. Leave one whenever you like: nothing is kept for it.
public struct EndedTasks<Value: Sendable>: AsyncSequence, Sendable {
  public typealias Element = EndedTask<Value>

  let handles: [TaskHandle<Value>]
  let loop: EventLoop

  /// On the loop of the context that joined them.
  public func makeAsyncIterator() -> Iterator { Iterator(pending: PendingEnds(handles, on: loop)) }

  public struct Iterator: AsyncIteratorProtocol {
    let pending: PendingEnds<Value>

    /// The next task that has ended; at once where one has ended that was not given yet. Nil behind the last one.
    ///
    /// - Throws: `CancellationError` when the task that waits is cancelled; a task's own failure is in the element.
    public mutating func next() async throws -> EndedTask<Value>? { try await pending.next() }

    public mutating func next(
      isolation: isolated (any Actor)?
    ) async throws -> EndedTask<Value>? { try await pending.next(isolation: isolation) }
  }
}

/// Handles whose ends are taken one by one.
///
/// Guarded by: the loop's thread; each entry asserts it. It may be let go of anywhere.
final class PendingEnds<Value: Sendable>: @unchecked Sendable {
  private let loop: EventLoop
  private let order: EndOrder
  /// Each until its end was given: what it holds is its taker's from then on.
  private var handles: [TaskHandle<Value>?]
  private var remaining: Int

  init(_ handles: [TaskHandle<Value>], on loop: EventLoop) {
    loop.assertCurrent()
    self.loop = loop
    order = EndOrder(on: loop)
    self.handles = handles
    remaining = handles.count
    for (index, handle) in handles.enumerated() {
      if handle.task.hasEnded { order.note(index) } else { handle.task.whenEnded(tell: order, tag: index) }
    }
  }

  deinit { order.close() }

  func next(isolation: isolated (any Actor)? = #isolation) async throws -> EndedTask<Value>? {
    loop.assertCurrent()
    guard remaining > 0 else { return nil }
    try Task.checkCancellation()
    if let index = order.take() { return give(index) }
    return give(try await wait())
  }

  private func give(_ index: Int) -> EndedTask<Value> {
    guard let handle = handles[index] else { preconditionFailure("task \(index) has ended twice") }
    handles[index] = nil
    remaining -= 1
    return EndedTask(index: index, handle: handle)
  }

  /// Apart from its caller, which mostly finds one that has ended.
  private func wait(isolation: isolated (any Actor)? = #isolation) async throws -> Int {
    try await withTaskCancellationHandler {
      _ = isolation  // Mentioned, so that the closure is isolated like its caller: else it costs two enqueues.
      return try await withUnsafeThrowingContinuation { order.wait($0) }
    } onCancel: { [order] in
      order.cancel()
    }
  }
}
