internal import Clockwork
internal import JSON
internal import Loop
internal import Synchronization

/// The processes of one worker, and the queue of calls that wait for one of them.
///
/// It lives on one loop; tasks of every loop leave it their calls and are resumed where they are.
/// Guarded by: the thread of its loop; each entry asserts it, or goes there.
final class WorkerPool: @unchecked Sendable {
  let specification: WorkerSpecification
  let loop: EventLoop
  let log: Log
  var generator = SplitMix64(seed: UInt64.random(in: .min ... .max))

  private var processes: [WorkerProcess] = []
  private var queue = WorkerQueue()
  private var lastID = 0
  /// How the last process that went down did; what a call that need not wait is told.
  private var lastDeath = ""
  private var isFailing = false
  private(set) var isClosing = false
  private var whenClosed: (@Sendable () -> Void)?
  private var closingTimer: LoopTimer?
  // Read by other threads, for `GET /status`.
  private let running = Atomic<Int>(0)
  private let restarts = Atomic<Int>(0)

  /// Any thread. Nothing runs before `start()`.
  init(_ specification: WorkerSpecification, on loop: EventLoop, log: Log) {
    (self.specification, self.loop, self.log) = (specification, loop, log)
    processes = (1...specification.processes).map { WorkerProcess($0, of: self) }
  }

  /// Any thread.
  func start() { startNext(0) }

  /// One in each turn: each costs the loop about a millisecond.
  private func startNext(_ place: Int) {
    guard place < processes.count else { return }
    loop.execute { [self] in
      processes[place].start()
      startNext(place + 1)
    }
  }

  /// Any thread: how many processes are up, and how often one was started again.
  var counts: (running: Int, restarts: Int) {
    (running.load(ordering: .relaxed), restarts.load(ordering: .relaxed))
  }

  // MARK: Calls

  /// Waits, in a task of any loop, until a process has answered. Cancelling the task ends the process that has it.
  func outcome(of call: WorkerCall, isolation: isolated (any Actor)? = #isolation) async -> WorkerOutcome {
    await withTaskCancellationHandler {
      _ = isolation  // Mentioned, so that the closure is isolated like its caller: else it costs two enqueues.
      return await withUnsafeContinuation { (continuation: WorkerCall.Continuation) in
        onLoop { $0.take(call, continuation) }
      }
    } onCancel: {
      onLoop { $0.stop(call) }
    }
  }

  /// At once when already there.
  private func onLoop(_ work: @escaping @Sendable (WorkerPool) -> Void) {
    if loop.isCurrent { work(self) } else { loop.execute { [self] in work(self) } }
  }

  private func take(_ call: WorkerCall, _ continuation: WorkerCall.Continuation) {
    let wasStopped = if case .stopped = call.state { true } else { false }
    call.wait(continuation, at: queue.append(call))
    if wasStopped { stop(call) }
    fill()
  }

  private func stop(_ call: WorkerCall) {
    call.markStopped()
    switch call.state {
    case .waiting(_, let place):
      queue.remove(at: place)
      call.finish(.stopped(mayHaveTakenEffect: false, message: WorkerWords.stillQueued(specification)))
    case .held(_, let process, _): process.end(.stop)
    case .new, .stopped, .over: break
    }
  }

  /// A process has ended without having read it.
  func takeBack(_ call: WorkerCall) { call.wait(againAt: queue.prepend(call)) }

  /// Gives away what waits, each call to the process that has the fewest.
  func fill() {
    loop.assertCurrent()
    while !queue.isEmpty {
      guard let process = processes.filter(\.hasRoom).min(by: { $0.heldCount < $1.heldCount }) else { break }
      guard let call = queue.popFirst() else { break }
      lastID += 1
      process.give(call, id: lastID)
    }
    failIfHopeless()
  }

  /// Where no process is up, and none stayed up before, waiting would be in vain.
  private func failIfHopeless() {
    if isClosing {
      failAll(TaskFailure(.rejected, "the node closes and its worker '\(specification.name)' has ended"))
    } else if processes.allSatisfy(\.isHopeless) {
      tellFailing()
      failAll(
        TaskFailure(
          .workerCrashed, WorkerWords.hopeless(specification, lastDeath: lastDeath), mayHaveTakenEffect: false))
    }
  }

  private func failAll(_ failure: @autoclosure () -> TaskFailure) {
    while let call = queue.popFirst() { call.finish(.failed(failure())) }
  }

  private func tellFailing() {
    guard !isFailing else { return }
    isFailing = true
    log.error("worker_failing", ["worker": specification.name, "cause": lastDeath, "way_out": WorkerWords.wayOut])
  }

  // MARK: What the processes tell

  func noteStart(isFirst: Bool) {
    running.wrappingAdd(1, ordering: .relaxed)
    if !isFirst { restarts.wrappingAdd(1, ordering: .relaxed) }
    fill()
  }

  func noteEnd() { running.wrappingSubtract(1, ordering: .relaxed) }

  func noteAnswer() { isFailing = false }

  func noteDeath(_ how: String) {
    lastDeath = how
    failIfHopeless()
  }

  // MARK: The end

  /// Lets every process end by itself, then by a signal, then by force, and returns when all have, or when even force
  /// has not helped.
  func close() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      loop.execute { [self] in close { continuation.resume() } }
    }
  }

  private func close(_ done: @escaping @Sendable () -> Void) {
    guard !isClosing else { return done() }
    isClosing = true
    whenClosed = done
    let limits = specification.limits
    let patience = limits.exitPatience + limits.killPatience + Limits.workerReapPatience
    closingTimer = loop.schedule(after: patience) { [self] in
      log.error("worker_does_not_end", ["worker": specification.name, "processes": "\(counts.running)"])
      finishClosing()
    }
    for process in processes { process.close() }
    fill()
    noteClosed()
  }

  func noteClosed() {
    if isClosing, processes.allSatisfy(\.isClosed) { finishClosing() }
  }

  private func finishClosing() {
    closingTimer?.cancel()
    guard let done = whenClosed else { return }
    whenClosed = nil
    // Not from within the call of a process: who waits may let go of the pool, and that call goes on.
    loop.execute(done)
  }
}
