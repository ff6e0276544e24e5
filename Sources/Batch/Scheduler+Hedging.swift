import Clockwork

/// Stragglers. When a batch has nothing left to send and a node has room, a repeatable task that is out for longer than
/// three times the 99th percentile of its batch is started a second time on another node ("hedged requests": Dean,
/// Barroso, "The tail at scale", 2013). The two copies are one attempt:
/// - a value, or an error that would not be retried, of one of them is the task's result, and the other is cancelled;
/// - any other end of one of them (a retryable error, a lost node) leaves the attempt to the other.
///
/// A copy takes its own place at its key's limit, and goes only where none of the batches' first copies wait for room.
/// No timer is set but for a batch that has an attempt to wait for and a second node.
extension Scheduler {
  /// A node that copies may be sent to in one scan.
  private struct Place {
    let node: Int
    var room: Int
    var entries: [Shard.Entry] = []
  }

  /// Sets the timer for the batch's oldest attempt, if it has any that may become a straggler.
  mutating func watchForStragglers(of batch: Int, at now: Instant) {
    guard batches[batch].mayHedge, !batches[batch].watch.isArmed, let patience = batches[batch].watch.patience else {
      return
    }
    guard nodeList.count > 1 else {
      hedgeSeekers.insert(batches.key(of: batch))
      return
    }
    guard let oldest = runningShards(of: batch).first else { return }
    armHedging(of: batch, shards[oldest].sentAt + patience, at: now)
  }

  private mutating func armHedging(of batch: Int, _ due: Instant, at now: Instant) {
    guard !batches[batch].watch.isArmed else { return }
    batches[batch].watch.isArmed = true
    let earliest = batches[batch].watch.scannedAt.map { $0 + SchedulerLimits.hedgeScanGap } ?? now
    setTimer(max(due, earliest), .stragglers(batches.key(of: batch)))
  }

  /// The batches that found no room for a copy look again: a node has changed.
  mutating func wakeHedgeSeekers(at now: Instant) {
    let seekers = hedgeSeekers
    hedgeSeekers = []
    for key in seekers.sorted(by: { $0.slot < $1.slot }) {
      if let batch = batches.slot(of: key) { armHedging(of: batch, now, at: now) }
    }
  }

  /// Sends the copies that are due, behind all first attempts.
  mutating func hedgeStragglers(at now: Instant, into effects: inout [Effect]) {
    let due = hedgesDue
    hedgesDue = []
    for key in due {
      guard let batch = batches.slot(of: key) else { continue }
      batches[batch].watch.isArmed = false
      if batches[batch].mayHedge, !batches[batch].rests { hedge(batch, at: now, into: &effects) }
    }
  }

  private mutating func hedge(_ batch: Int, at now: Instant, into effects: inout [Effect]) {
    guard let patience = batches[batch].watch.patience else { return }
    batches[batch].watch.scannedAt = now
    var places = hedgePlaces(at: now)
    var lacksRoom = places.isEmpty
    var next: Instant?
    var allowed = batches[batch].hedgeLimit - batches[batch].watch.copies.count
    for slot in runningShards(of: batch) where !places.isEmpty {
      let due = shards[slot].sentAt + patience
      guard due <= now else {
        next = due
        break
      }
      for entry in shards[slot].entries where batches[batch].isHedgeable(Int(entry.index), in: slot) {
        guard allowed > 0 else { break }
        guard let place = place(for: Int(entry.index), of: batch, besides: shards[slot].node, among: places, at: now)
        else {
          lacksRoom = true
          continue
        }
        places[place].entries.append(entry)
        places[place].room -= 1
        takePlaceAtLimit(Int(entry.index), of: batch, at: now)
        allowed -= 1
      }
    }
    for place in places where !place.entries.isEmpty {
      sendCopies(place.entries, of: batch, to: place.node, at: now, into: &effects)
    }
    if lacksRoom { hedgeSeekers.insert(batches.key(of: batch)) }
    if let next { armHedging(of: batch, next, at: now) }
  }

  /// Shards of the batch that carry running tasks, the oldest first.
  private func runningShards(of batch: Int) -> [Int] {
    let key = batches.key(of: batch)
    return shards.slots.filter { shards[$0].batchKey == key && shards[$0].remaining > 0 }
      .sorted { (shards[$0].sentAt, $0) < (shards[$1].sentAt, $1) }
  }

  /// The nodes with most room, but for the part that is kept for small batches.
  private func hedgePlaces(at now: Instant) -> [Place] {
    guard !isHeld else { return [] }
    var places: [Place] = []
    for node in nodeList where nodes[node].takesShards(at: now) {
      let room = nodes[node].room - nodes[node].windowSize / SchedulerLimits.reserveDivisor
      if room > 0 { places.append(Place(node: node, room: min(room, SchedulerLimits.shardTasks))) }
    }
    places.sort { ($0.room, $1.node) > ($1.room, $0.node) }
    return Array(places.prefix(SchedulerLimits.hedgePlaces))
  }

  private func place(
    for index: Int, of batch: Int, besides node: Int, among places: [Place], at now: Instant
  ) -> Int? {
    let lane = Int(batches[batch].tasks[index].lane)
    let limiter = batches[batch].lanes[lane].limiter
    if let limit = batches[batch].kind(of: lane).limit, limiter != TaskSlot.none {
      guard limiters[Int(limiter)].allowed(limit, at: now) > 0 else { return nil }
    }
    let type = batches[batch].types[batches[batch].type(of: batches[batch].tasks[index])].type
    return places.indices.filter {
      places[$0].room > 0 && places[$0].node != node && nodes[places[$0].node].types.contains(type)
    }.max { places[$0].room < places[$1].room }
  }

  private mutating func sendCopies(
    _ entries: [Shard.Entry], of batch: Int, to node: Int, at now: Instant, into effects: inout [Effect]
  ) {
    let state = ShardState(
      batchKey: batches.key(of: batch), node: node, sentAt: now, entries: entries, remaining: entries.count)
    let key = shards.insert(state)
    for entry in entries { batches[batch].addCopy(of: Int(entry.index), shard: Int(key.slot)) }
    hedgedTotal += entries.count
    nodes[node].sent(entries.count, in: key, at: now)
    effects.append(.send(Shard(id: key, node: nodes[node].name, batch: batches[batch].id, entries: entries)))
  }

  // MARK: The end of a copy

  /// Takes the end of one of a task's two copies.
  ///
  /// - Returns: whether it is the task's own end.
  mutating func settleCopy(
    _ end: AttemptEnd, of slot: Int, at now: Instant, into effects: inout [Effect]
  ) -> Bool {
    let batch = shards[slot].batch
    let other = batches[batch].dropCopy(of: end.index, in: slot)
    if end.mayHaveActed { batches[batch].noteActed(end.index) }
    switch end.outcome {
    case .ok:
      withdraw(end.index, from: other, at: now)
      return true
    case .error(let error) where error.hasBegun && !error.isRetryable:
      withdraw(end.index, from: other, at: now)
      return true
    case .error(let error):
      if !error.hasBegun { noteRefusal(end, error, of: slot, at: now) }
      noteCopy(end.index, of: slot, end: end, error: error.json, at: now, into: &effects)
    case .cancelled, .notBegun, .lostTask: break
    }
    return false
  }

  /// Takes one of a task's two copies out of a shard: its result would come second. Its place at a limit is free at
  /// once, a moment before its node has cancelled it.
  private mutating func withdraw(_ index: Int, from slot: Int, at now: Instant) {
    let node = shards[slot].node
    shards[slot].remaining -= 1
    leaveNode(index, of: slot)
    releasePlace(of: index, in: shards[slot].batch, at: now)
    batches[shards[slot].batch].noteActed(index)
    touchedNodes.append(node)
    withdrawn[shards.key(of: slot), default: []].append(index)
  }

  /// Tells the nodes of the copies that were taken out, those of one shard together.
  mutating func cancelWithdrawn(into effects: inout [Effect]) {
    guard !withdrawn.isEmpty else { return }
    for (shard, indices) in withdrawn.sorted(by: { $0.key.slot < $1.key.slot }) {
      guard let slot = shards.slot(of: shard) else { continue }
      effects.append(.cancelTasks(shard, node: nodes[shards[slot].node].name, indices))
    }
    withdrawn.removeAll(keepingCapacity: true)
  }
}
