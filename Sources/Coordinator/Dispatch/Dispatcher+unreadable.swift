import Batch
import Clockwork
import Loop

/// Tasks that the journal promised and does not give.
extension Dispatcher {
  /// Tasks whose record was read and is damaged end here: no later try would find them.
  ///
  /// - Returns: the shard without them.
  func endLost(in shard: Shard, _ tasks: [Int: JournalTask], of batch: BatchRecord) -> Shard {
    let lost = shard.entries.map { Int($0.index) }.filter { tasks[$0] == nil }
    guard !lost.isEmpty else { return shard }
    batch.noteLost(lost)
    log.warning("tasks_lost", ["batch": batch.id.text, "count": "\(lost.count)", "first": "\(lost[0])"])
    let error = AttemptError.internal(BatchRecovery.lostTaskMessage).json
    feed(.attempts(shard.id, lost.map { AttemptEnd(index: $0, outcome: .lostTask(error)) }))
    return Shard(
      id: shard.id, node: shard.node, batch: shard.batch, entries: shard.entries.filter { tasks[Int($0.index)] != nil })
  }

  /// Nothing of the shard can be sent: its tasks are lost, or the log cannot be read now and is tried again when the
  /// batch has rested.
  func withhold(_ shard: Shard, in batch: BatchRecord) {
    preparing[shard.id] = nil
    if !shard.entries.isEmpty {
      batch.refusal = "the coordinator cannot read the batch's tasks from its journal now, and tries again"
    }
    feed(.shardEnded(shard.id, .withheld))
  }
}
