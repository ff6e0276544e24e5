import Clockwork

extension Scheduler {
  /// Fills a shard from the batch's streams in these queues and sends it, if any task may go.
  mutating func send(
    to node: Int, batch: Int, queues: [Int], size: Int, at now: Instant, into effects: inout [Effect]
  ) {
    let key = shards.insert(ShardState(batchKey: batches.key(of: batch), node: node, sentAt: now))
    var entries: [Shard.Entry] = []
    while entries.count < size, let stream = topStream(of: batch, in: queues) {
      take(from: stream, of: batch, shard: Int(key.slot), upTo: size, at: now, into: &entries)
    }
    nodes[node].waitsForRoomSince = nil
    guard !entries.isEmpty else {
      shards.remove(Int(key.slot))
      return
    }
    shards[Int(key.slot)].entries = entries
    shards[Int(key.slot)].remaining = entries.count
    nodes[node].sent(entries.count, in: key, at: now)
    batches[batch].shares.took(entries.count, node: node)
    effects.append(.send(Shard(id: key, node: nodes[node].name, batch: batches[batch].id, entries: entries)))
    watchForStragglers(of: batch, at: now)
  }

  /// The batch's stream with the highest priority among these queues.
  private func topStream(of batch: Int, in queues: [Int]) -> Int? {
    var (best, bestPriority) = (Int?.none, Int8.min)
    for queue in queues {
      guard let stream = batches[batch].streamOfQueue[queue], let lane = batches[batch].streams[stream].firstLane
      else { continue }
      let priority = batches[batch].priority(of: lane)
      if best == nil || priority > bestPriority { (best, bestPriority) = (stream, priority) }
    }
    return best
  }

  /// Moves tasks from a stream's first lane into a shard; what its key's limit holds back is put aside.
  private mutating func take(
    from stream: Int, of batch: Int, shard: Int, upTo size: Int, at now: Instant, into entries: inout [Shard.Entry]
  ) {
    guard let lane = batches[batch].streams[stream].firstLane.map(Int.init) else { return }
    let kind = batches[batch].kind(of: lane)
    let waiting = Int(batches[batch].lanes[lane].count)
    var (number, allowed) = (min(size - entries.count, waiting), Int.max)
    if let limit = kind.limit, let limiter = limiter(of: lane, in: batch) {
      allowed = limiters[limiter].allowed(limit, at: now)
      number = min(number, allowed)
      limiters[limiter].started(number, limit, at: now)
    }
    let first = entries.count
    batches[batch].start(number, of: lane, shard: shard, into: &entries)
    if !batches[batch].losses.isEmpty {
      nodes[shards[shard].node].marked += entries[first...].count { batches[batch].tasks[Int($0.index)].hasLosses }
    }
    batches[batch].pass += Double(number) / Turn.weight(ofPriority: kind.priority)
    guard number == waiting || number == allowed else { return }
    _ = batches[batch].leave(stream: stream)
    if number < waiting { waitAtLimit(lane, of: batch, at: now) }
  }

  mutating func endShard(_ key: ShardID, _ end: ShardEnd, at now: Instant, into effects: inout [Effect]) {
    guard let slot = shards.slot(of: key) else {
      effects.append(.ignored(.unknownShard))
      return
    }
    let node = shards[slot].node
    if end == .died { noteDeath(of: slot, at: now) }
    switch end {
    case .broken, .died, .garbled: nodes[node].markedWhenBroken = nodes[node].markedWhenBroken ?? nodes[node].marked
    case .notSent where nodes[node].markedWhenBroken != nil:
      livesSeen += 1
      (nodes[node].life, nodes[node].markedWhenBroken) = (livesSeen, nil)
    case .finished: nodes[node].markedWhenBroken = nil
    case .notSent, .refused, .withheld: break
    }
    switch end {
    case .finished where shards[slot].remaining == 0: break
    case .withheld: restBatch(of: slot, at: now)
    case .refused(let retryAfter): rest(node, atLeast: retryAfter, at: now)
    case .finished, .broken, .died, .garbled, .notSent: rest(node, atLeast: .zero, at: now)
    }
    settleShard(slot, end, at: now, into: &effects)
    touch(node)
  }

  /// A shard that was sent after its node's process had died went to another one.
  private mutating func noteDeath(of slot: Int, at now: Instant) {
    let node = shards[slot].node
    guard let died = nodes[node].diedAt else {
      nodes[node].diedAt = now
      return
    }
    guard shards[slot].sentAt >= died else { return }
    livesSeen += 1
    (nodes[node].life, nodes[node].markedWhenBroken, nodes[node].diedAt) = (livesSeen, nil, now)
  }

  mutating func rest(_ node: Int, atLeast: Duration, at now: Instant) {
    nodes[node].beginRest(at: now, atLeast: atLeast)
    setTimer(nodes[node].restsUntil, .node(nodes.key(of: node)))
  }

  /// Forgets a shard; what has no end in it is lost, or was never begun.
  mutating func settleShard(_ slot: Int, _ end: ShardEnd, at now: Instant, into effects: inout [Effect]) {
    let shard = shards[slot]
    let wasLost = end == .broken || end == .died
    let trial = wasLost ? brokenTrial(inShard: slot) : nil
    // Backwards, so that what is put in front again keeps its order.
    for entry in shard.entries.reversed() where shards[slot].remaining > 0 {
      let index = Int(entry.index)
      guard isRunning(index, of: shard.batch, in: slot) else { continue }
      shards[slot].remaining -= 1
      leaveNode(index, of: slot)
      releasePlace(of: index, in: shard.batch, at: now)
      let isHedged = batches[shard.batch].tasks[index].isHedged
      if isHedged { loseCopy(index, of: slot, end, at: now, into: &effects) }
      if wasLost, convict(index, of: slot, trial, at: now, into: &effects) { continue }
      if isHedged { continue }
      switch end {
      case .finished, .broken, .died: lose(index, of: slot, .connection, mayHaveActed: true, at: now, into: &effects)
      case .garbled: loseGarbled(index, of: slot, at: now, into: &effects)
      case .notSent, .refused, .withheld: giveBack(index, of: slot, at: now, into: &effects)
      }
    }
    tellLosses(of: slot, trial, at: now, into: &effects)
    nodes[shard.node].shards -= 1
    shards.remove(slot)
    if let batch = batches.slot(of: shard.batchKey) { endIfDone(batch, at: now, into: &effects) }
  }
}

extension Scheduler {
  /// Each field by itself: a batch's own method would copy all of the batch.
  func isRunning(_ index: Int, of batch: Int, in shard: Int) -> Bool {
    guard index >= 0, index < batches[batch].tasks.count else { return false }
    let task = batches[batch].tasks[index]
    guard task.state == .running else { return false }
    return task.link == UInt32(shard) || task.isHedged && batches[batch].watch.copies[index] == shard
  }
}

extension BatchState {
  /// Takes tasks from a lane's front and writes them down as running.
  mutating func start(_ number: Int, of lane: Int, shard: Int, into entries: inout [Shard.Entry]) {
    for _ in 0..<number {
      let index = unlinkFirst(of: lane)
      move(index, to: .running)
      setShard(shard, of: index)
      let task = tasks[index]
      entries.append(
        Shard.Entry(index: UInt32(index), attempt: task.attempts + 1, isRepeatable: task.isRepeatable))
    }
    ready -= number
  }
}
