package import Clockwork

/// Tasks of a batch that a node may hold still, under the name that the shard has there.
package struct AdoptedShard: Sendable, Equatable {
  package var wireID: UUIDv7
  package var node: String
  package var indexes: [UInt32]

  package init(wireID: UUIDv7, node: String, indexes: [UInt32]) {
    (self.wireID, self.node, self.indexes) = (wireID, node, indexes)
  }
}

/// A coordinator that is started again goes on with the shards that its predecessor sent.
extension Scheduler {
  /// Writes the shard's tasks down as running, those that have no result yet, before any of them is put into a lane.
  /// The node may not have been seen yet: then its place is kept until it appears or is given up.
  mutating func adopt(
    _ shard: AdoptedShard, of batch: Int, at now: Instant, into effects: inout [Effect]
  ) {
    let node = nodeSlots[shard.node] ?? addUnseenNode(shard.node)
    let key = shards.insert(ShardState(batchKey: batches.key(of: batch), node: node, sentAt: now))
    var entries: [Shard.Entry] = []
    for index in shard.indexes where batches[batch].adopt(Int(index), shard: Int(key.slot)) {
      let task = batches[batch].tasks[Int(index)]
      entries.append(Shard.Entry(index: index, attempt: task.attempts + 1, isRepeatable: task.isRepeatable))
      takePlaceAtLimit(Int(index), of: batch, at: now)
      if task.hasLosses { nodes[node].marked += 1 }
    }
    guard !entries.isEmpty else {
      shards.remove(Int(key.slot))
      return
    }
    shards[Int(key.slot)].entries = entries
    shards[Int(key.slot)].remaining = entries.count
    nodes[node].sent(entries.count, in: key, at: now)
    let adopted = Shard(id: key, node: shard.node, batch: batches[batch].id, entries: entries)
    effects.append(.attach(adopted, wireID: shard.wireID))
  }

  private mutating func addUnseenNode(_ name: String) -> Int {
    addNode(NodeReport(name: name, availability: .suspect, capacity: 0, taskTypes: []))
    return nodeSlots[name]!
  }
}

extension BatchState {
  /// False for a task that is not there, has a result, or runs in another shard already.
  mutating func adopt(_ index: Int, shard: Int) -> Bool {
    guard tasks.indices.contains(index), tasks[index].state == .queued else { return false }
    begin(index, in: shard)
    return true
  }
}
