import Clockwork

extension Scheduler {
  /// The limiter of a lane with a limit, made when the lane's first turn comes: a batch may have a million keys.
  mutating func limiter(of lane: Int, in batch: Int) -> Int? {
    let known = batches[batch].lanes[lane].limiter
    if known != TaskSlot.none { return Int(known) }
    guard let key = batches[batch].key(of: lane) else { return nil }
    let slot: UInt32
    if let other = limiterSlots[key] {
      slot = other
    } else {
      slot = limiters.insert(Limiter(key: key)).slot
      limiterSlots[key] = slot
    }
    limiters[Int(slot)].references += 1
    batches[batch].lanes[lane].limiter = slot
    return Int(slot)
  }

  mutating func releaseLimiter(of lane: Int, in batch: Int, at now: Instant) {
    let limiter = batches[batch].lanes[lane].limiter
    guard limiter != TaskSlot.none else { return }
    let slot = Int(limiter)
    limiters[slot].references -= 1
    guard limiters[slot].references == 0 else { return }
    // What its rate still owes outlives the batch.
    if limiters[slot].isIdle(at: now) {
      forgetLimiter(slot)
    } else {
      setTimer(max(now, limiters[slot].settled), .limiter(limiters.key(of: slot)))
    }
  }

  private mutating func forgetLimiter(_ slot: Int) {
    limiterSlots[limiters[slot].key] = nil
    limiters.remove(slot)
  }

  /// Counts one start beside the batch's turns.
  mutating func takePlaceAtLimit(_ index: Int, of batch: Int, at now: Instant) {
    let lane = Int(batches[batch].tasks[index].lane)
    guard let limit = batches[batch].kind(of: lane).limit, let limiter = limiter(of: lane, in: batch) else { return }
    limiters[limiter].started(1, limit, at: now)
  }

  /// Counts the end of an attempt against its key's limit.
  mutating func releasePlace(of index: Int, in batch: Int, at now: Instant) {
    let limiter = batches[batch].lanes[Int(batches[batch].tasks[index].lane)].limiter
    guard limiter != TaskSlot.none else { return }
    limiters[Int(limiter)].attemptEnded()
    openLimiter(Int(limiter), at: now)
  }

  mutating func limiterTimerFired(_ key: SlotKey, at now: Instant) {
    guard let slot = limiters.slot(of: key) else { return }
    if let due = limiters[slot].timerAt, due <= now { limiters[slot].timerAt = nil }
    if limiters[slot].isIdle(at: now) {
      forgetLimiter(slot)
    } else {
      openLimiter(slot, at: now)
    }
  }

  /// Puts a lane aside until its key's limit lets it go on.
  mutating func waitAtLimit(_ lane: Int, of batch: Int, at now: Instant) {
    let slot = Int(batches[batch].lanes[lane].limiter)
    batches[batch].lanes[lane].place = .limited
    batches[batch].limited += Int(batches[batch].lanes[lane].count)
    guard let limit = batches[batch].kind(of: lane).limit else { return }
    limiters[slot].wait(Limiter.Waiter(batch: batches.key(of: batch), lane: UInt32(lane)), limit, at: now)
    setLimiterTimer(slot, limit, at: now)
  }

  /// Makes as many waiting lanes ready as there are starts allowed: first come, first served, but who waits for his own
  /// rate lets the others pass.
  mutating func openLimiter(_ slot: Int, at now: Instant) {
    guard !limiters[slot].lines.isEmpty else { return }
    dropCancelledWaiters(slot)
    var woken = 0
    var held: Set<TaskLimit> = []
    while let line = firstLine(of: slot, without: held), let waiter = limiters[slot].lines[line].waiters.first {
      let limit = limiters[slot].lines[line].limit
      guard limiters[slot].allowed(limit, at: now) > woken else {
        setLimiterTimer(slot, limit, at: now)
        // Those made ready may be unable to go (no node of their type): then the others get their chance.
        if woken > 0 { setTimer(now + SchedulerLimits.linger, .limiter(limiters.key(of: slot))) }
        guard woken == 0, limiters[slot].isAtRate(limit) else { return }
        held.insert(limit)
        continue
      }
      _ = limiters[slot].lines[line].waiters.popFirst()
      guard let batch = batches.slot(of: waiter.batch), !batches[batch].isCancelled else { continue }
      let lane = Int(waiter.lane)
      woken += Int(batches[batch].lanes[lane].count)
      batches[batch].limited -= Int(batches[batch].lanes[lane].count)
      batches[batch].lanes[lane].place = .nowhere
      place(lane, of: batch)
    }
    limiters[slot].lines.removeAll { $0.waiters.isEmpty }
  }

  /// The line whose first waiter came first.
  private func firstLine(of slot: Int, without held: Set<TaskLimit>) -> Int? {
    let lines = limiters[slot].lines
    return lines.indices.filter { !lines[$0].waiters.isEmpty && !held.contains(lines[$0].limit) }
      .min { (lines[$0].waiters.first?.ticket ?? 0) < (lines[$1].waiters.first?.ticket ?? 0) }
  }

  private mutating func dropCancelledWaiters(_ slot: Int) {
    for line in limiters[slot].lines.indices {
      while let waiter = limiters[slot].lines[line].waiters.first {
        if let batch = batches.slot(of: waiter.batch), !batches[batch].isCancelled { break }
        _ = limiters[slot].lines[line].waiters.popFirst()
      }
    }
  }

  mutating func setLimiterTimer(_ slot: Int, _ limit: TaskLimit, at now: Instant) {
    let opens = limiters[slot].opens(limit, at: now)
    guard opens > now else { return }
    if let due = limiters[slot].timerAt, due <= opens { return }
    limiters[slot].timerAt = opens
    setTimer(opens, .limiter(limiters.key(of: slot)))
  }
}
