internal import Clockwork
internal import Gossip
internal import Loop
internal import Net

extension TaskContext {
  /// Runs a function as a task on an event loop of its own, without a node: for programs that only want what a task can
  /// do, such as many requests at once.
  ///
  ///     let pages = try await TaskContext.run { context in
  ///       let session = context.session()
  ///       return try await context.join(urls.map { url in context.spawn { _ in try await session.get(url).text } })
  ///     }
  ///
  /// What it has spawned ends with it, and so do its connections. Cancelling the task that waits here cancels it.
  ///
  /// - Parameter connectionsPerHost: requests under way to one host and port; more wait their turn.
  /// - Throws: what `operation` throws; `TaskFailure.Code.internal` when the process has no thread or descriptor left.
  public static func run<Value: Sendable>(
    types: TaskTypes = .builtIn, connectionsPerHost: Int = 256,
    _ operation: @escaping @Sendable (TaskContext) async throws -> Value
  ) async throws -> Value {
    ProcessSetup.raiseOpenFileLimit()
    let loop: EventLoop
    do throws(LoopError) { loop = try EventLoop.start(name: "tasks") } catch {
      throw TaskFailure(.internal, "an event loop cannot be started: \(error)")
    }
    defer { loop.stop() }
    var http = HTTPClientConfiguration()
    http.maxConnectionsPerHost = max(1, connectionsPerHost)
    let runner = LoopRunner(loop: loop, types: types, log: Log(level: .info, format: .text), http: http)
    let context = TaskContext(runner: runner, attempt: 1, deadline: .distantFuture)
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<Value, any Error>, Never>) in
        loop.execute {
          context.start { (_: isolated LoopIsolation) in
            let result = await context.result(of: operation)
            runner.close()
            continuation.resume(returning: result)
          }
        }
      }
    } onCancel: {
      loop.execute { context.cancel(.requested) }
    }
    return try result.get()
  }
}
