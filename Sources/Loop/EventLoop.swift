import CLinux
package import Clockwork
import Glibc
import Synchronization

/// One thread, one epoll, one Swift executor.
///
/// The loop is both the serial executor of the actors pinned to it and the task executor of the tasks born on it, and
/// runs each job with both identities: a continuation that a loop callback resumes then costs one enqueue on this loop,
/// where either identity alone costs two or a trip through the global pool (`HopBudgetTests` counts them).
/// The data plane is plain callbacks on the loop's thread; async is for what has a story to tell.
///
/// A turn: wait for descriptors; for each few that are ready run their handlers, the jobs that these have made, and the
/// flush of what was written; run the timers that are due, the jobs of these and of other threads, and flush again.
/// The clock is read once a turn. Guarded by: the inbox and other atomics, and for all else the loop's thread.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  enum Work {
    case job(UnownedJob)
    case call(@Sendable () -> Void)
  }

  package let name: String
  /// Made with the loop, which it refers back to.
  private(set) lazy var isolation = LoopIsolation(self)
  /// For tasks of which there are many.
  package private(set) lazy var carriers = Carriers(loop: self)
  private let inbox = Inbox()
  private let isStopping = Atomic<Bool>(false)
  /// The thread inside `run()`, 0 before. Written once by that thread, read by all.
  private let thread = Atomic<UInt>(0)
  private let enqueues = Atomic<Int>(0)
  private let foreignEnqueues = Atomic<Int>(0)

  // Guarded by: the loop's thread.
  // Unchecked where nothing that runs meanwhile can come back to the same variable: the check costs more than the work.
  @exclusivity(unchecked) private var local: [Work] = []
  private var localStart = 0
  private var spent: [Work] = []
  private var jobsLeft = 0
  private var timers = TimerHeap()
  /// Taken out, and to be fired in this turn.
  private var dueTimers: [HeapTimer] = []
  @exclusivity(unchecked) private var flushes: [TCPConnection] = []
  private var flushing: [TCPConnection] = []
  private var turnClock = Instant.zero
  private var turnEnd = Instant.zero
  private var lagMeter = LagMeter()
  let poller: Poller
  /// The receive buffer that every connection of this loop reads into; its bytes live until the handler returns.
  let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: LoopLimits.receiveBytes)

  /// - Throws: `exhausted` when the process has no descriptor left for the epoll or its wake-up.
  package init(name: String) throws(LoopError) {
    self.name = name
    poller = try Poller()
    turnClock = MonotonicClock.now
    _ = isolation
    _ = carriers
  }

  deinit { scratch.deallocate() }

  /// Starts a loop on a thread of its own.
  package static func start(name: String) throws(LoopError) -> EventLoop {
    let loop = try EventLoop(name: name)
    try loop.startThread()
    return loop
  }

  // MARK: Any thread

  package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  /// Traps off the loop's thread: what such a call touches has no other guard.
  package func assertCurrent(_ function: StaticString = #function) {
    precondition(isCurrent, "\(function) was called off the thread of loop '\(name)'")
  }

  /// Runs `work` on the loop, in the order of the calls from one thread.
  package func execute(_ work: @escaping @Sendable () -> Void) { submit(.call(work)) }

  /// Ends `run()` soon: jobs that are due still run, within a bound.
  package func stop() {
    isStopping.store(true, ordering: .releasing)
    poller.wakeUp()
  }

  /// How many jobs were ever enqueued here, and how many of them by another thread.
  package var enqueueCounts: (all: Int, foreign: Int) {
    (enqueues.load(ordering: .relaxed), foreignEnqueues.load(ordering: .relaxed))
  }

  // MARK: Executor

  package func enqueue(_ job: consuming ExecutorJob) {
    enqueues.wrappingAdd(1, ordering: .relaxed)
    submit(.job(UnownedJob(job)))
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
  package func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
  package func isIsolatingCurrentContext() -> Bool? { isCurrent }
  package func checkIsolated() { assertCurrent() }

  private func submit(_ work: Work) {
    if isCurrent {
      local.append(work)
      return
    }
    if case .job = work { foreignEnqueues.wrappingAdd(1, ordering: .relaxed) }
    if inbox.push(work) { poller.wakeUp() }
  }

  // MARK: The loop's thread

  /// The moment at which this turn began.
  package var now: Instant { turnClock }

  /// The longest that the loop was away from its descriptors within the last second or two.
  package var lag: Duration {
    assertCurrent()
    return lagMeter.peak(at: MonotonicClock.now)
  }

  /// Turns until `stop()`. The calling thread becomes the loop's.
  package func run() {
    let (_, previous) = thread.compareExchange(
      expected: 0, desired: UInt(pthread_self()), ordering: .sequentiallyConsistent)
    precondition(previous == 0, "loop '\(name)' runs already")
    while !isStopping.load(ordering: .acquiring) { turn(mayWait: true) }
    carriers.close()
    for _ in 0..<LoopLimits.turnsToStop where hasWork { turn(mayWait: false) }
    // Nothing fires any more, and what the timers hold (connections, say) would live as long as the loop.
    while timers.popDue(at: .distantFuture) != nil {}
    // The system gives a later thread the same identity: it must not pass for this loop's.
    thread.store(.max, ordering: .sequentiallyConsistent)
    poller.close()
  }

  private var hasWork: Bool { localStart < local.count || !inbox.isEmpty }

  private func turn(mayWait: Bool) {
    takeInbox()
    // What a drained connection's owner wrote during the last flush is still to be sent: no event tells of that.
    let isBusy = localStart < local.count || !flushes.isEmpty
    poller.wait(until: !mayWait || isBusy ? .zero : timers.earliest ?? .distantFuture, now: turnEnd)
    turnClock = MonotonicClock.now
    jobsLeft = LoopLimits.jobsPerTurn
    // What an event sets off is run and sent before the next event is looked at, while it is all in the processor's
    // caches; and the peer gets on with it meanwhile.
    poller.dispatch {
      if localStart < local.count { runJobs() }
      if !flushes.isEmpty { flush() }
    }
    takeInbox()
    fireTimers()
    runJobs()
    flush()
    turnEnd = MonotonicClock.now
    lagMeter.note(turnClock, turnEnd)
  }

  /// All that are due, and none that they set: who sets a timer for this moment from within a timer means the next
  /// turn, and would else keep the loop from everything else.
  private func fireTimers() {
    while let timer = timers.popDue(at: turnClock) { dueTimers.append(timer) }
    guard !dueTimers.isEmpty else { return }
    for timer in dueTimers { timer.fire() }
    dueTimers.removeAll(keepingCapacity: dueTimers.count < LoopLimits.jobsPerTurn)
  }

  /// Moves what other threads left into the loop's own queue. Who finds the inbox empty wakes the loop, and the wake-up
  /// lasts until the next wait: none is lost.
  private func takeInbox() {
    guard !inbox.isEmpty else { return }
    local.append(contentsOf: inbox.take())
  }

  private func runJobs() {
    let (serial, task) = (asUnownedSerialExecutor(), asUnownedTaskExecutor())
    let end = min(local.count, localStart + jobsLeft)
    jobsLeft -= end - localStart
    while localStart < end {
      let work = local[localStart]
      localStart += 1
      switch work {
      case .job(let job): job.runSynchronously(isolatedTo: serial, taskExecutor: task)
      case .call(let call): call()
      }
    }
    if localStart == local.count {
      dropSpent(keeping: [])
    } else if localStart > local.count / 2 {
      dropSpent(keeping: local[localStart...])
    }
  }

  /// What has run is destroyed out of the queue's way: a closure may hold the last reference to something whose end
  /// enqueues here. Two arrays take turns, so that none is allocated.
  private func dropSpent(keeping rest: ArraySlice<Work>) {
    spent.append(contentsOf: rest)
    swap(&local, &spent)
    localStart = 0
    spent.removeAll(keepingCapacity: spent.capacity <= 4 * LoopLimits.jobsPerTurn)
  }

  /// Runs `work` on the loop once `delay` has passed; never early, late by a turn at most. Loop thread only.
  @discardableResult
  package func schedule(after delay: Duration, _ work: @escaping () -> Void) -> LoopTimer {
    schedule(at: MonotonicClock.now + delay, work)
  }

  @discardableResult
  package func schedule(at deadline: Instant, _ work: @escaping () -> Void) -> LoopTimer {
    let timer = LoopTimer(loop: self, work: work)
    insert(timer, at: deadline)
    return timer
  }

  func insert(_ timer: HeapTimer, at deadline: Instant) {
    assertCurrent()
    timers.insert(timer, at: deadline)
  }

  func remove(_ timer: HeapTimer) {
    assertCurrent()
    timers.remove(timer)
  }

  /// Notes a connection that has bytes to send: one `send` a turn, whatever was written in pieces.
  func flushAtTurnEnd(_ connection: TCPConnection) { flushes.append(connection) }

  private func flush() {
    guard !flushes.isEmpty else { return }
    // What is written meanwhile is another flush's. Two arrays take turns, so that none is allocated.
    swap(&flushes, &flushing)
    for connection in flushing { connection.flush() }
    flushing.removeAll(keepingCapacity: flushing.count < LoopLimits.jobsPerTurn)
  }
}

extension EventLoop {
  /// The thread keeps the loop alive for good: executors are unowned, and a task that resumes after `stop()` must find
  /// its loop's inbox, not freed memory.
  private func startThread() throws(LoopError) {
    var handle = pthread_t()
    let argument = Unmanaged.passRetained(self).toOpaque()  // Guarded by: handed to the new thread alone.
    let failure = pthread_create(
      &handle, nil,
      { argument in
        let loop = Unmanaged<EventLoop>.fromOpaque(argument!).takeUnretainedValue()
        _ = loop.name.withCString { shim_name_thread($0) }
        loop.run()
        return nil
      }, argument)
    guard failure == 0 else { throw LoopError(errno: failure, "start the thread of loop '\(name)'") }
    pthread_detach(handle)
  }
}
