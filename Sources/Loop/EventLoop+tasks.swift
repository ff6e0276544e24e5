import Clockwork

/// An actor whose isolation is a loop: its own calls on the loop's thread cost no hop.
package protocol LoopActor: Actor {
  nonisolated var loop: EventLoop { get }
}

extension LoopActor {
  nonisolated package var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
}

/// The isolation that every task of a loop lives in.
///
/// A task without one would return to the generic executor after each `await`: two enqueues more each time, as the jobs
/// run under the loop's serial identity. `nonisolated(nonsending)` callees inherit it, so that a whole story stays put.
package actor LoopIsolation: LoopActor {
  /// Owns this object.
  nonisolated package unowned(unsafe) let loop: EventLoop

  init(_ loop: EventLoop) { self.loop = loop }

  func start(_ body: @Sendable (isolated LoopIsolation) async -> Void) async { await body(self) }
  func run<Value: Sendable>(_ body: @Sendable () async -> Value) async -> Value { await body() }
  func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value { try await body() }
}

extension EventLoop {
  /// Starts a task that is born with the loop as its executor. The only place where tasks are made: one born elsewhere
  /// resumes through the global pool, 25 times as slow.
  @discardableResult
  package func spawn<Value: Sendable>(
    _ body: @escaping @Sendable () async -> Value
  ) -> Task<Value, Never> {
    Task(executorPreference: self) { [isolation] in await isolation.run(body) }
  }

  @discardableResult
  package func spawn<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) -> Task<Value, any Error> {
    Task(executorPreference: self) { [isolation] in try await isolation.run(body) }
  }

  /// The same for a closure that is made outside of any task: one without the isolation as its parameter has none then,
  /// and what it awaits leaves the loop's isolation and comes back, two enqueues more each time.
  @discardableResult
  package func start(_ body: @escaping @Sendable (isolated LoopIsolation) async -> Void) -> Task<Void, Never> {
    Task(executorPreference: self) { [isolation] in await isolation.start(body) }
  }

  /// Starts a task of `Carriers`, of which there may be very many: its closure holds one reference.
  func makeCarrier() -> Task<Void, Never> {
    // Captured by itself: a closure that has to look the isolation up begins on the generic executor, which costs two
    // enqueues more.
    Task(executorPreference: self) { [isolation] in await isolation.carry() }
  }

  /// Suspends for `duration` on the loop's own timers: `Task.sleep` would wake on a foreign thread.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(for duration: Duration, isolation: isolated (any Actor)? = #isolation) async throws {
    let timer = SleepTimer()
    let deadline = MonotonicClock.now + duration
    try await withTaskCancellationHandler {
      _ = isolation  // Mentioned, so that the closure is isolated like its caller: else it costs two enqueues.
      try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
        onLoop { timer.start(continuation, until: deadline, on: $0) }
      }
    } onCancel: {
      onLoop { timer.cancel(on: $0) }
    }
  }

  /// At once when already there, so that it costs no extra turn.
  private func onLoop(_ work: @escaping @Sendable (EventLoop) -> Void) {
    if isCurrent { work(self) } else { execute { [self] in work(self) } }
  }

  /// Lets every other job that is due run first.
  package func yield() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      execute { continuation.resume() }
    }
  }
}
