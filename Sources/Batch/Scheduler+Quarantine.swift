import Clockwork

/// Tasks that take their nodes down. The rule:
/// - A task **was there** when its exchange broke for good, or its node was given up, before its end was told. Each
///   life of a node counts once. A node comes to another life when it is given up and seen again, when nobody
///   listens on it after an exchange of it broke, or when its process is found dead that was not dead before.
/// - Who was there twice is a **suspect**. So is every bystander: a node may have ten thousand tasks. Suspects wait by
///   themselves, and a node has one **trial** at a time: a shard of suspects alone, of one of them while a batch has
///   up to 64 waiting, of a 64th of them while it has more.
/// - A suspect whose trial ends gets its result like any task. One that was alone on trial when its node went down,
///   its third or later, ends `error` with `rejected` and the evidence, unless tasks that were on another lost node
///   ran there too: then not before that has happened to it twice. Several that were on trial together are tried again
///   in parts of a 64th.
///
/// So a guilty task takes three nodes down among up to 64 suspects, one more where other suspicious tasks run beside
/// it, and one more for every further factor of 64. A bystander ends rejected only if a third node fails by itself in
/// the moment in which it is on trial there alone.
extension Scheduler {
  /// A trial that was broken off.
  struct BrokenTrial {
    let size: Int
    /// Whether no other task was on the node that had lost one before.
    let isAlone: Bool
  }

  /// Nil if the shard is no trial that still runs.
  func brokenTrial(inShard slot: Int) -> BrokenTrial? {
    let node = nodes[shards[slot].node]
    guard node.trial == shards.key(of: slot) else { return nil }
    let (size, marked) = (shards[slot].remaining, node.markedWhenBroken ?? node.marked)
    return BrokenTrial(size: size, isAlone: size == 1 && marked <= 1)
  }

  /// Notes that a task was there, and ends it if that convicts it.
  ///
  /// - Returns: whether the task has ended.
  mutating func convict(
    _ index: Int, of slot: Int, _ trial: BrokenTrial?, at now: Instant, into effects: inout [Effect]
  ) -> Bool {
    let (batch, node) = (shards[slot].batch, shards[slot].node)
    guard batches[batch].tasks[index].isRepeatable, !batches[batch].isCancelled else { return false }
    let wasTriedAlone = batches[batch].losses[index]?.wasTriedAlone ?? false
    let loss = NodeLoss(node: nodes[node].name, life: nodes[node].life, at: now)
    batches[batch].noteLoss(index, loss, trialSize: trial?.size)
    lostWith.append(UInt32(index))
    // The second copy of a straggler runs on with it.
    if batches[batch].tasks[index].state == .running, case let other = Int(batches[batch].tasks[index].link),
      other != slot
    {
      nodes[shards[other].node].marked += 1
    }
    guard let trial, trial.isAlone || trial.size == 1 && wasTriedAlone, let record = batches[batch].losses[index],
      record.count >= SchedulerLimits.lossesOfConvict
    else { return false }
    let evidence = batches[batch].losses.evidence(against: index, at: now)
    let message =
      "\(record.count) nodes went down while it ran there, the last one when it was tried by itself: \(evidence); "
      + "find out why in their logs before you submit it again"
    batches[batch].noteActed(index)
    batches[batch].countAttempt(of: index)
    finish(index, of: slot, .error, .failure(.rejected, message: message), nil, at: now, into: &effects)
    return true
  }

  /// Asks for a note of the tasks that the shard's node has just gone down with.
  mutating func tellLosses(of slot: Int, _ trial: BrokenTrial?, at now: Instant, into effects: inout [Effect]) {
    guard !lostWith.isEmpty else { return }
    let node = nodes[shards[slot].node]
    effects.append(
      .nodeLost(
        NodeLossNote(
          batch: batches[shards[slot].batch].id, node: node.name, life: node.life, at: now, trialSize: trial?.size ?? 0,
          indexes: lostWith)))
    lostWith = []
  }

  /// What was noted of a batch before it came here: of its tasks without a result.
  mutating func takeLosses(_ notes: [NodeLossNote], of batch: Int) {
    for note in notes {
      let loss = NodeLoss(node: note.node, life: note.life, at: note.at)
      for index in note.indexes.map(Int.init) where batches[batch].tasks.indices.contains(index) {
        guard case let task = batches[batch].tasks[index], task.isRepeatable, !task.state.hasEnded else { continue }
        batches[batch].noteLoss(index, loss, trialSize: note.trialSize == 0 ? nil : note.trialSize)
      }
    }
  }

  /// Suspects among tasks that wait and are in no lane yet.
  mutating func setSuspectsAside(of batch: Int) {
    guard !batches[batch].losses.isEmpty else { return }
    for index in batches[batch].tasks.indices
    where batches[batch].tasks[index].state == .queued && batches[batch].isSuspect(index) {
      setAside(index, of: batch)
    }
  }

  /// A running task leaves its node.
  mutating func leaveNode(_ index: Int, of slot: Int) {
    let node = shards[slot].node
    nodes[node].out -= 1
    if shards[slot].isYoung { nodes[node].waiting -= 1 }
    if batches[shards[slot].batch].tasks[index].hasLosses { nodes[node].marked -= 1 }
  }

  /// Puts a suspect aside until a node can try it.
  mutating func setAside(_ index: Int, of batch: Int) {
    batches[batch].losses.wait(index)
    let key = batches.key(of: batch)
    if !suspectBatches.contains(key) { suspectBatches.append(key) }
  }

  /// Gives each node that tries nobody a trial, if there are suspects for it.
  mutating func sendTrials(at now: Instant, into effects: inout [Effect]) {
    guard !suspectBatches.isEmpty else { return }
    suspectBatches.removeAll { key in
      batches.slot(of: key).map { batches[$0].losses.waiting.isEmpty } ?? true
    }
    for key in suspectBatches {
      guard let batch = batches.slot(of: key), !batches[batch].rests else { continue }
      let free = nodeList.filter { nodes[$0].takesShards(at: now) && nodes[$0].room > 0 && !isTrying($0) }
      // First where a trial is alone.
      for node in free.sorted(by: { (nodes[$0].marked, $0) < (nodes[$1].marked, $1) }) {
        sendTrial(of: batch, to: node, at: now, into: &effects)
      }
    }
  }

  private func isTrying(_ node: Int) -> Bool {
    guard let trial = nodes[node].trial, let slot = shards.slot(of: trial) else { return false }
    return shards[slot].remaining > 0
  }

  private mutating func sendTrial(of batch: Int, to node: Int, at now: Instant, into effects: inout [Effect]) {
    let key = shards.insert(ShardState(batchKey: batches.key(of: batch), node: node, sentAt: now))
    var entries: [Shard.Entry] = []
    var size = min(nodes[node].room, SchedulerLimits.shardTasks)
    var looks = min(batches[batch].losses.waiting.count, SchedulerLimits.suspectsLookedAt)
    while looks > 0, entries.count < size, let first = batches[batch].losses.waiting.first {
      looks -= 1
      let index = Int(first)
      let company = batches[batch].losses.company(of: index)
      guard company > entries.count, mayTry(index, of: batch, on: node, at: now) else {
        _ = batches[batch].losses.waiting.popFirst()
        batches[batch].losses.waiting.append(first)
        continue
      }
      size = min(size, company)
      _ = batches[batch].losses.takeFirst()
      takePlaceAtLimit(index, of: batch, at: now)
      entries.append(batches[batch].startSuspect(index, shard: Int(key.slot)))
    }
    guard !entries.isEmpty else { return shards.remove(Int(key.slot)) }
    shards[Int(key.slot)].entries = entries
    shards[Int(key.slot)].remaining = entries.count
    nodes[node].sent(entries.count, in: key, at: now)
    nodes[node].trial = key
    nodes[node].marked += entries.count
    effects.append(.send(Shard(id: key, node: nodes[node].name, batch: batches[batch].id, entries: entries)))
  }

  private mutating func mayTry(_ index: Int, of batch: Int, on node: Int, at now: Instant) -> Bool {
    let lane = Int(batches[batch].tasks[index].lane)
    let type = batches[batch].types[batches[batch].type(of: batches[batch].tasks[index])].type
    guard nodes[node].types.contains(type) else { return false }
    guard let limit = batches[batch].kind(of: lane).limit, let limiter = limiter(of: lane, in: batch) else {
      return true
    }
    guard limiters[limiter].allowed(limit, at: now) == 0 else { return true }
    setLimiterTimer(limiter, limit, at: now)
    return false
  }
}

extension BatchState {
  mutating func noteLoss(_ index: Int, _ loss: NodeLoss, trialSize: Int?) {
    mark(index, hasLosses: true)
    losses.note(index, loss, trialSize: trialSize)
  }

  mutating func forgetLosses(of index: Int) {
    mark(index, hasLosses: false)
    losses.forget(index)
  }

  func isSuspect(_ index: Int) -> Bool { tasks[index].hasLosses && losses.isSuspect(index) }

  mutating func startSuspect(_ index: Int, shard: Int) -> Shard.Entry {
    move(index, to: .running)
    setShard(shard, of: index)
    pass += 1 / Turn.weight(ofPriority: priority(of: tasks[index].lane))
    return Shard.Entry(index: UInt32(index), attempt: tasks[index].attempts + 1)
  }
}
