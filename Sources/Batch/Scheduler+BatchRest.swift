import Clockwork

/// A batch whose tasks cannot be had for the moment: its lanes stand in no queue until it has rested, and the nodes
/// serve others.
extension Scheduler {
  /// Of a shard that was not sent for that reason, before its tasks are given back.
  mutating func restBatch(of shard: Int, at now: Instant) {
    let key = shards[shard].batchKey
    guard shards[shard].remaining > 0, let batch = batches.slot(of: key), !batches[batch].rests,
      !batches[batch].isCancelled
    else { return }
    batches[batch].rests = true
    for stream in batches[batch].streams.indices {
      while let lane = batches[batch].leave(stream: stream) { batches[batch].lanes[lane].place = .resting }
    }
    setTimer(now + SchedulerLimits.batchRest, .batch(key))
  }

  mutating func endBatchRest(_ key: SlotKey, at now: Instant) {
    guard let batch = batches.slot(of: key) else { return }
    batches[batch].rests = false
    for lane in batches[batch].lanes.indices {
      guard case .resting = batches[batch].lanes[lane].place else { continue }
      batches[batch].lanes[lane].place = .nowhere
      place(lane, of: batch)
    }
    mustDispatchAll = true
    watchForStragglers(of: batch, at: now)
  }
}
