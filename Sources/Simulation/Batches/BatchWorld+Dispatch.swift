import Batch
import Clockwork

/// What `Dispatcher` does around the scheduler.
extension BatchWorld {
  /// Hands an input to the machine and does what it asks for. An effect may bring the next input: that waits its turn.
  mutating func feed(_ input: Scheduler.Input) {
    guard coordinator != nil else { return }
    coordinator?.inputs.append(input)
    guard coordinator?.isFeeding == false else { return }
    coordinator?.isFeeding = true
    var next = 0
    while let input = coordinator?.inputs[next] {
      take(input)
      next += 1
      if next == coordinator?.inputs.count { break }
    }
    coordinator?.inputs = []
    coordinator?.isFeeding = false
  }

  private mutating func take(_ input: Scheduler.Input) {
    guard let time = coordinator?.clock.shown(at: now) else { return }
    note(input)
    var effects: [Scheduler.Effect] = []
    coordinator?.scheduler.handle(input, at: time, into: &effects)
    checkers.idleness.took(input, effects, at: now)
    var ends: [TaskEnd] = []
    for effect in effects {
      if case .taskEnded(let end) = effect {
        if let first = ends.first, first.batch != end.batch { storeAll(&ends) }
        ends.append(end)
        continue
      }
      storeAll(&ends)
      perform(effect)
    }
    storeAll(&ends)
    if let coordinator { checkers.sums.check(coordinator, at: now) }
  }

  private mutating func storeAll(_ ends: inout [TaskEnd]) {
    if let first = ends.first { store(ends, of: first.batch) }
    ends = []
  }

  /// What frees places at limits, before the scheduler gives them to others.
  private mutating func note(_ input: Scheduler.Input) {
    switch input {
    case .attempts(let shard, let ends): for end in ends { checkers.limits.ended(end.index, of: shard) }
    case .shardEnded(let shard, _): forgetPlaces(of: shard)
    case .nodeGone(let name):
      for shard in openShards(of: name) { checkers.limits.ended(shard) }
    default: break
    }
  }

  private mutating func forgetPlaces(of id: ShardID) {
    if let shard = coordinator?.open[id] { checkers.limits.ended(shard) }
    coordinator?.open[id] = nil
  }

  private func openShards(of node: String) -> [Shard] {
    (coordinator?.open ?? [:]).values.filter { $0.node == node }
  }

  private mutating func perform(_ effect: Scheduler.Effect) {
    switch effect {
    case .taskEnded: break
    case .send(let shard): send(shard)
    case .attach(let shard, let wireID): attach(shard, wireID: wireID)
    case .cancelShard(let id, _): cancelShard(id)
    case .cancelTasks(let id, _, let indices):
      for index in indices { checkers.limits.ended(index, of: id) }
      cancelTasks(indices, of: id)
    case .dropShard(let id):
      forgetPlaces(of: id)
      coordinator?.preparing[id] = nil
      for node in coordinator?.unseen.keys.sorted() ?? [] {
        coordinator?.unseen[node]?.removeAll { $0.shard.id == id }
      }
      if let number = coordinator?.exchanges.removeValue(forKey: id) { abandon(number) }
    case .attemptFailed(let attempt):
      coordinator?.journal.append(
        .attempt(index: attempt.index, attempts: UInt16(clamping: attempt.attemptsCounted), detail: attempt.error),
        to: VirtualDisk.Log(batch: attempt.batch, kind: .results))
    case .nodeLost(let loss):
      let record = JournalRecord.LossRecord(
        node: loss.node, life: loss.life, at: wallClock.milliseconds, trialSize: UInt32(clamping: loss.trialSize),
        indexes: loss.indexes)
      coordinator?.journal.append(.lost(record), to: VirtualDisk.Log(batch: loss.batch, kind: .results))
    case .batchEnded(let id, let progress): end(id, progress)
    case .wake(let time):
      guard let coordinator else { return }
      let due = max(now, coordinator.clock.worldTime(of: time))
      self.coordinator?.wakeAt = due
      heap.plan(.wake(life: coordinator.life, at: due), at: due)
    case .ignored: break
    }
  }

  // MARK: Shards

  private mutating func send(_ shard: Shard) {
    guard let number = coordinator?.batches[shard.batch]?.number else { return }
    figures.shards += 1
    trace.line(
      now, "shard of batch \(number) to \(shard.node): \(shard.entries.map { "\($0.index)" }.joined(separator: " "))")
    checkers.idleness.sent("a shard goes out", at: now)
    if let time = coordinator?.clock.shown(at: now) { checkers.limits.sent(shard, batches[number].tasks, at: time) }
    coordinator?.open[shard.id] = shard
    // The journal could not read all of them, or they are too many bytes for one exchange.
    let sent = happens(.partial) ? Int.random(in: 0..<shard.entries.count, using: &generator) : shard.entries.count
    guard sent > 0, known(shard.node) else {
      coordinator?.inputs.append(.shardEnded(shard.id, .notSent))
      return
    }
    let wireID = UUIDv7(at: wallClock, using: &generator)
    coordinator?.preparing[shard.id] = (shard, sent, wireID)
    let intents = shard.entries.prefix(sent).filter { !$0.isRepeatable }.map(\.index)
    guard !intents.isEmpty, fault != .sendsAtOnce else { return transmit(shard.id) }
    let log = VirtualDisk.Log(batch: shard.batch, kind: .results)
    coordinator?.journal.append(.sent(shard: wireID, node: shard.node, indexes: intents), to: log)
    makeDurable(log, .sent(shard.id))
  }

  private func known(_ node: String) -> Bool {
    coordinator?.known.values.contains { $0.report.name == node } == true
  }

  mutating func transmit(_ id: ShardID) {
    guard let (shard, sent, wireID) = coordinator?.preparing.removeValue(forKey: id) else { return }
    if sent < shard.entries.count {
      feed(.attempts(id, shard.entries[sent...].map { AttemptEnd(index: Int($0.index), outcome: .notBegun) }))
    }
    open(Shard(id: id, node: shard.node, batch: shard.batch, entries: Array(shard.entries.prefix(sent))), wireID)
  }

  private mutating func cancelShard(_ id: ShardID) {
    if let number = coordinator?.exchanges[id] {
      heap.plan(.cancelArrives(number, indices: nil, retries: Self.cancelRetries), at: now + delay())
    } else if coordinator?.preparing.removeValue(forKey: id) != nil {
      feed(.shardEnded(id, .notSent))
    }
  }

  private mutating func cancelTasks(_ indices: [Int], of id: ShardID) {
    if let number = coordinator?.exchanges[id] {
      heap.plan(.cancelArrives(number, indices: indices, retries: Self.cancelRetries), at: now + delay())
    }
  }
}
