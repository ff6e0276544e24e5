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
  /// What it has spawned ends with it, and so do its connections. Cancelling the task that waits here cancels it. The
  /// next call takes its event loop over: a program has as many of them as calls were ever under way at once.
  ///
  /// - Parameter connectionsPerHost: requests under way to one host and port; more wait their turn.
  /// - Throws: what `operation` throws; `TaskFailure.Code.internal` when the process has no thread or descriptor left.
  public static func run<Value: Sendable>(
    types: TaskTypes = .builtIn, connectionsPerHost: Int = 256,
    _ operation: @escaping @Sendable (TaskContext) async throws -> Value
  ) async throws -> Value {
    ProcessSetup.raiseOpenFileLimit()
    let loop: EventLoop
    do throws(LoopError) { loop = try OwnLoops.take() } catch {
      throw TaskFailure(.internal, "an event loop cannot be started: \(error)")
    }
    defer { OwnLoops.giveBack(loop) }
    var http = HTTPClientConfiguration()
    http.maxConnectionsPerHost = max(1, connectionsPerHost)
    let runner = LoopRunner(loop: loop, types: types, log: Log(level: .info, format: .text), http: http)
    let root = RootRun(.init(runner: runner, attempt: 1))
    return try await withTaskCancellationHandler {
      try await loop.spawn {
        defer { runner.close() }
        let child = SpawnedTask(of: root, operation)
        root.adopt(child)
        return try await child.end()
      }.value
    } onCancel: {
      loop.execute { root.cancel(.requested) }
    }
  }
}

/// The loops of a program's own tasks. A loop is for ever, because a task that resumes late must find it: they are
/// lent out, not made anew.
private enum OwnLoops {
  private static let idle = Lock<[EventLoop]>([])

  static func take() throws(LoopError) -> EventLoop {
    if let loop = idle.withLock({ $0.popLast() }) { return loop }
    return try EventLoop.start(name: "tasks")
  }

  static func giveBack(_ loop: EventLoop) { idle.withLock { $0.append(loop) } }
}

/// What a program's own task is a child of. It runs nothing itself. Guarded by: as every run.
private final class RootRun: TaskRun, @unchecked Sendable {}
