import Clockwork

extension Scheduler {
  mutating func cancelBatch(_ id: UUIDv7, at now: Instant, into effects: inout [Effect]) {
    guard let batch = batchSlots[id] else {
      effects.append(.ignored(.unknownBatch(id)))
      return
    }
    guard !batches[batch].isCancelled else { return }
    // Lanes that were let past their limit and never went leave their place to others.
    let limiters = Set(
      batches[batch].lanes.filter { $0.limiter != TaskSlot.none && $0.count > 0 }.map { Int($0.limiter) })
    batches[batch].cancelFrom = 0
    batches[batch].opening = nil
    batches[batch].dropLanes()
    for limiter in limiters.sorted() { openLimiter(limiter, at: now) }
    for shard in shards.slots where shards[shard].batch == batch && shards[shard].remaining > 0 {
      effects.append(.cancelShard(shards.key(of: shard), node: nodes[shards[shard].node].name))
    }
    goOnCancelling(batch, at: now, into: &effects)
  }

  /// Ends the next slice of what waits in a cancelled batch.
  mutating func goOnCancelling(_ batch: Int, at now: Instant, into effects: inout [Effect]) {
    guard let from = batches[batch].cancelFrom else { return }
    let end = min(from + SchedulerLimits.cancelSlice, batches[batch].tasks.count)
    let waited = (now - batches[batch].addedAt).inMilliseconds
    for index in from..<end {
      let task = batches[batch].tasks[index]
      guard task.state == .queued || task.state == .backoff else { continue }
      batches[batch].move(index, to: .cancelled)
      effects.append(
        .taskEnded(
          TaskEnd(
            batch: batches[batch].id, index: index, status: .cancelled, detail: .none, node: nil,
            attempts: Int(task.attempts), mayHaveActed: task.mayHaveActed, queuedMilliseconds: waited,
            durationMilliseconds: 0)))
    }
    batches[batch].cancelFrom = end
    if end < batches[batch].tasks.count {
      setTimer(now + .nanoseconds(1), .cancelling(batches.key(of: batch)))
    }
    endIfDone(batch, at: now, into: &effects)
  }
}
