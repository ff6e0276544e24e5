package import Clockwork

/// What a coordinator that is started again makes of a batch, once the nodes have said what they hold of it.
extension BatchRecovery {
  /// - Parameters:
  ///   - held: shards of the batch that nodes hold, also those that are done.
  ///   - hasAnswered: whether a node has said what it holds.
  /// - Returns: what the scheduler is to know, and results that are certain without it.
  package func takeOver(
    _ batch: UUIDv7, held: [AdoptedShard], hasAnswered: (String) -> Bool
  ) -> (table: TaskTable, ends: [TaskEnd]) {
    var table = table
    markThoseThatMayHaveActed(in: &table)
    var ends = endsOfLostTasks(batch, &table) + endsOfRefusedTasks(batch, &table)
    // A task may be in several: in the latest one is what became of it. The log knows which one that is of tasks that
    // may not run twice; an earlier one would tell that they did not act, while they do.
    table.adopted = held.sorted { $0.wireID > $1.wireID }.compactMap { shard in
      var shard = shard
      shard.indexes.removeAll { sent[$0].map { $0.shard != shard.wireID } ?? false }
      return shard.indexes.isEmpty ? nil : shard
    }
    ends += settleSent(batch, &table, hasAnswered)
    return (table, ends)
  }

  /// Nobody knows of a repeatable task without a result whether it was sent: what it took from pools does not go back.
  private func markThoseThatMayHaveActed(in table: inout TaskTable) {
    guard manifest?.joining != nil else { return }
    for index in seqs.indices where seqs[index] == 0 && (table.isRepeatable(index) || sent[UInt32(index)] != nil) {
      table.markMayHaveActed(index)
    }
  }

  /// What their submitter is told of tasks whose record is damaged.
  package static let lostTaskMessage = "the journal has lost this task: its record is damaged; submit it again"

  /// Tasks whose record is damaged end here.
  private func endsOfLostTasks(_ batch: UUIDv7, _ table: inout TaskTable) -> [TaskEnd] {
    return lostTasks.filter { seqs[$0] == 0 }.map { index in
      table.restore(index, as: .error, attempts: 0)
      return TaskEnd(
        batch: batch, index: index, status: .error, detail: .failure(.internal, message: Self.lostTaskMessage))
    }
  }

  /// The results of these were not durable with them.
  private func endsOfRefusedTasks(_ batch: UUIDv7, _ table: inout TaskTable) -> [TaskEnd] {
    let why = "the template cannot be filled in with the items that the task took, or what comes of it is no task"
    return refusedTasks.filter { seqs[$0] == 0 }.map { index in
      table.restore(index, as: .error, attempts: 0)
      return TaskEnd(batch: batch, index: index, status: .error, detail: .failure(.badArguments, message: why))
    }
  }

  /// Tasks that may not run twice and went to a node: it holds them, it may hold them, or nobody knows what they did.
  private func settleSent(
    _ batch: UUIDv7, _ table: inout TaskTable, _ hasAnswered: (String) -> Bool
  ) -> [TaskEnd] {
    let heldTasks = Set(table.adopted.flatMap(\.indexes))
    var ends: [TaskEnd] = []
    var unseen: [Sent: [UInt32]] = [:]
    for (index, sent) in sent.sorted(by: { $0.key < $1.key }) where !heldTasks.contains(index) {
      guard hasAnswered(sent.node) else {
        unseen[sent, default: []].append(index)
        continue
      }
      let attempts = table.attempts(of: Int(index)) + 1
      table.restore(Int(index), as: .unknown, attempts: UInt16(clamping: attempts))
      let why =
        "the coordinator was started again while the task may have acted on node \(sent.node), which has forgotten it, "
        + "and it is not repeatable; submit it again if that does no harm"
      ends.append(
        TaskEnd(
          batch: batch, index: Int(index), status: .unknown, detail: .failure(.lost, message: why),
          node: sent.node, attempts: attempts))
    }
    for (sent, indexes) in unseen.sorted(by: { $0.key.shard < $1.key.shard }) {
      table.adopted.append(AdoptedShard(wireID: sent.shard, node: sent.node, indexes: indexes))
    }
    return ends
  }
}
