import Clockwork

extension Scheduler {
  mutating func fireTimers(at now: Instant, into effects: inout [Effect]) {
    if let wakeAt, wakeAt <= now { self.wakeAt = nil }
    while let timer = timers.first, timer.due <= now {
      _ = timers.removeFirst()
      switch timer.kind {
      case .retry(let batch, let index): endBackoff(batch, Int(index))
      case .limiter(let key): limiterTimerFired(key, at: now)
      case .node(let key): if let node = nodes.slot(of: key) { touch(node) }
      case .stragglers(let key): hedgesDue.append(key)
      case .batch(let key): endBatchRest(key, at: now)
      case .cancelling(let key): if let batch = batches.slot(of: key) { goOnCancelling(batch, at: now, into: &effects) }
      }
    }
  }

  mutating func setTimer(_ due: Instant, _ kind: TimerKind) { timers.insert(Timer(due: due, kind: kind)) }

  /// Asks only for what is earlier than what was asked for: a wake that comes too early does no harm.
  mutating func askForWake(at now: Instant, into effects: inout [Effect]) {
    guard let due = timers.first?.due else { return }
    if let wakeAt, wakeAt <= due { return }
    wakeAt = due
    effects.append(.wake(at: due))
  }

  /// A node that may be given more now.
  mutating func touch(_ node: Int) {
    nodes[node].roomWaitedFor = 0
    touchedNodes.append(node)
  }

  private mutating func endBackoff(_ key: SlotKey, _ index: Int) {
    guard let batch = batches.slot(of: key), !batches[batch].isCancelled,
      batches[batch].tasks[index].state == .backoff
    else { return }
    queue(index, of: batch, atFront: false)
  }

  /// Makes a task ready that was running or in backoff.
  mutating func queue(_ index: Int, of batch: Int, atFront: Bool) {
    batches[batch].move(index, to: .queued)
    guard !batches[batch].isSuspect(index) else { return setAside(index, of: batch) }
    enqueue(index, of: batch, atFront: atFront)
  }

  /// Puts a queued task into its lane, and the lane to where it waits.
  mutating func enqueue(_ index: Int, of batch: Int, atFront: Bool = false) {
    batches[batch].link(index, atFront: atFront)
    let lane = Int(batches[batch].tasks[index].lane)
    switch batches[batch].lanes[lane].place {
    case .nowhere: place(lane, of: batch)
    case .ready:
      batches[batch].ready += 1
      mustDispatchAll = true
    case .limited: batches[batch].limited += 1
    case .homeless, .resting: break
    }
  }
}
