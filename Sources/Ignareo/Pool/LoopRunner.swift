internal import Clockwork
internal import JSON
package import Loop
internal import Net

/// What runs tasks on one loop: each is born there and stays there, and its end is reported to the pool's loop together
/// with the other ends of the same turn.
///
/// Guarded by: the loop's thread; each entry asserts it, or goes there.
package final class LoopRunner: @unchecked Sendable {
  package let loop: EventLoop
  let types: TaskTypes
  let log: Log
  private let http: HTTPClientConfiguration
  let workers: WorkerPools
  /// How long a cancelled task may clean up before its result is given.
  private let patience: Duration

  private(set) lazy var computing = ComputingTurns(loop)
  /// What has yet to be handed to the loop's executor, and what was and has not begun.
  private var waiting = StartLines<AttemptRun>()
  private var starting = 0
  private var reports: [AttemptReport] = []
  private var openClient: HTTPClient?
  /// For what its tasks leave to chance.
  var generator = SplitMix64(seed: UInt64.random(in: .min ... .max))

  init(
    loop: EventLoop, types: TaskTypes, log: Log, http: HTTPClientConfiguration = HTTPClientConfiguration(),
    workers: WorkerPools = .none, patience: Duration = Limits.cleanUp
  ) {
    self.http = http
    self.loop = loop
    self.types = types
    self.log = log
    self.workers = workers
    self.patience = patience
  }

  /// One client a loop: its connections are shared by all of the loop's tasks.
  var client: HTTPClient {
    loop.assertCurrent()
    if let openClient { return openClient }
    let client = HTTPClient(loop: loop, configuration: http)
    openClient = client
    return client
  }

  /// What its tasks have to do with other hosts.
  var clientFigures: HTTPClientFigures { openClient?.figures ?? HTTPClientFigures() }

  /// Any thread.
  func close() {
    loop.execute { [self] in
      openClient?.close()
      openClient = nil
    }
  }

  // MARK: Starting

  /// Runs attempts, those of a line in their order; `delivery` takes their reports, on this loop.
  func start(_ attempts: [Attempt], reportTo delivery: @escaping @Sendable ([AttemptReport]) -> Void) {
    loop.assertCurrent()
    for attempt in attempts { waiting.append(AttemptRun(attempt, self, delivery), to: attempt.startLine) }
    startNext()
  }

  /// Keeps a few in the executor's hands, which begins them in their order.
  private func startNext() {
    while starting < Limits.startsAhead, let run = waiting.popFirst() {
      guard case .waiting = run.attempt.phase else { continue }
      run.attempt.phase = .starting(run)
      starting += 1
      loop.carriers.start(run)
    }
  }

  /// An attempt that runs. Guarded by: as every run.
  private final class AttemptRun: TaskRun, @unchecked Sendable {
    let attempt: Attempt
    private let delivery: @Sendable ([AttemptReport]) -> Void

    init(_ attempt: Attempt, _ runner: LoopRunner, _ delivery: @escaping @Sendable ([AttemptReport]) -> Void) {
      (self.attempt, self.delivery) = (attempt, delivery)
      super.init(Shared(runner: runner, attempt: attempt.number, saysRepeatable: attempt.saysRepeatable))
    }

    override var deadline: Instant { attempt.deadline }

    override func run(_ isolation: isolated LoopIsolation) async {
      guard runner.begins(attempt, reportTo: delivery) else { return }
      let result: Result<JSONValue, any Error>
      do { result = .success(try await attempt.prepared.run(TaskContext(self))) } catch { result = .failure(error) }
      await leave()
      let outcome = LoopRunner.outcome(of: result, cancellation, attempt)
      runner.ended(attempt, shared.hasActed ? outcome.withEffect : outcome, reportTo: delivery)
    }
  }

  /// The attempt's time begins with its body, so that a loop with much to start takes nothing from it.
  private func begins(_ attempt: Attempt, reportTo delivery: @escaping @Sendable ([AttemptReport]) -> Void) -> Bool {
    starting -= 1
    if starting < Limits.startsAhead / 2 { startNext() }
    guard case .starting(let run) = attempt.phase else { return false }
    let now = MonotonicClock.now
    attempt.deadline = now + attempt.timeout
    let timer = loop.schedule(at: attempt.deadline) { [self] in
      stop(attempt, .timeout, reportTo: delivery)
    }
    attempt.phase = .running(run, timer, startedAt: now)
    return true
  }

  // MARK: Ending

  /// Cancels an attempt. Its result comes when its clean-up is done, and after `patience` at the latest; at once when
  /// its body has not begun.
  func stop(
    _ attempt: Attempt, _ reason: TaskRun.Cancellation,
    reportTo delivery: @escaping @Sendable ([AttemptReport]) -> Void
  ) {
    loop.assertCurrent()
    switch attempt.phase {
    case .waiting, .starting:
      attempt.phase = .skipped
      report(.ended(attempt, .cancelled, span: nil, releasesPlace: true), to: delivery)
    case .running(let run, let timer, let startedAt):
      timer.cancel()
      let patienceEnds = loop.schedule(after: patience) { [self] in
        attempt.phase = .abandoned
        log.warning("task_ignores_cancellation", ["task": attempt.typeName])
        let outcome = Self.outcome(of: .failure(CancellationError()), reason, attempt)
        let span = AttemptSpan(begin: startedAt, end: MonotonicClock.now)
        report(.ended(attempt, outcome, span: span, releasesPlace: false), to: delivery)
      }
      attempt.phase = .cleaningUp(run, patienceEnds, startedAt: startedAt)
      run.cancel(reason)
    case .skipped, .cleaningUp, .abandoned, .over: break
    }
  }

  private func ended(
    _ attempt: Attempt, _ outcome: TaskOutcome, reportTo delivery: @escaping @Sendable ([AttemptReport]) -> Void
  ) {
    switch attempt.phase {
    case .running(_, let timer, let startedAt), .cleaningUp(_, let timer, let startedAt):
      timer.cancel()
      let span = AttemptSpan(begin: startedAt, end: MonotonicClock.now)
      report(.ended(attempt, outcome, span: span, releasesPlace: true), to: delivery)
    case .abandoned:
      report(.placeReleased(attempt), to: delivery)
    case .waiting, .starting, .skipped, .over:
      preconditionFailure("an attempt of '\(attempt.typeName)' ended in the phase \(attempt.phase)")
    }
    attempt.phase = .over
  }

  /// The first report of a turn schedules the delivery of all that the turn brings.
  private func report(_ report: AttemptReport, to delivery: @escaping @Sendable ([AttemptReport]) -> Void) {
    reports.append(report)
    guard reports.count == 1 else { return }
    loop.execute { [self] in
      let batch = reports
      reports.removeAll(keepingCapacity: batch.count < 1024)
      delivery(batch)
    }
  }

  private static func outcome(
    of result: Result<JSONValue, any Error>, _ cancellation: TaskRun.Cancellation?, _ attempt: Attempt
  ) -> TaskOutcome {
    switch (result, cancellation) {
    case (.success(let value), _): outcome(of: value)
    // The task may know better than we what took so long.
    case (.failure(let failure as TaskFailure), .timeout) where failure.code == .timeout: .error(failure.bounded)
    case (.failure, .timeout): .error(attempt.timedOut)
    case (.failure, .requested): .cancelled
    case (.failure(let error), nil): .error(TaskFailure(from: error).bounded)
    }
  }

  /// A value that could not be read again where it goes fails its own task, not the line it would stand in.
  private static func outcome(of value: JSONValue) -> TaskOutcome {
    if value.bytes.count > Limits.valueBytes { return .error(.tooLarge(valueBytes: value.bytes.count)) }
    if value.isNested(deeperThan: Limits.valueDepth) { return .error(.tooDeep("the task's value")) }
    return .ok(value)
  }
}
