internal import Clockwork
internal import Loop

/// What a running task can do besides computing: sleep, start other tasks, make requests, say something.
///
/// It belongs to one run of one task and to the event loop of that run; use it from the task's own code only.
public struct TaskContext: Sendable {
  let run: TaskRun

  init(_ run: TaskRun) { self.run = run }

  var runner: LoopRunner { run.runner }
  var cancellation: TaskRun.Cancellation? { run.cancellation }

  /// Which run this is, counted from 1.
  public var attempt: Int { run.shared.attempt }

  /// Until the nearest limit on its time, that on the attempt or one of `withTimeout`; zero when it has passed.
  public var timeLeft: Duration { max(.zero, run.deadline - MonotonicClock.now) }

  /// Suspends on the loop's own timer.
  ///
  /// - Throws: `CancellationError` at once when the task is cancelled.
  public func sleep(_ duration: Duration) async throws { try await run.sleep(duration) }

  /// A session of the task's own: its cookies, over the loop's kept-alive connections.
  public func session(_ options: Session.Options = Session.Options()) -> Session { Session(run.shared, options) }

  /// A line in the node's log, on standard error.
  public func log(_ message: String) { runner.log.info("task_says", ["message": message]) }
}
