import Batch
import Clockwork
import HTTP
import Loop
import Net

/// What an earlier coordinator of this name began.
extension Dispatcher {
  /// A batch from the journal: it waits until the nodes have been asked.
  func restore(_ batch: BatchRecord, _ recovery: consuming BatchRecovery) {
    batch.last.counts = recovery.table.counts
    batch.last.waitingFor = .capacity
    takeover.add(batch, recovery)
  }

  /// The cluster is joined: whoever is there will be asked, but not waited for very long.
  func beginTakeover() {
    guard takeover.count > 0 else { return }
    takeover.begin()
    takeoverTimers = [
      loop.schedule(after: CoordinatorLimits.attachDeadline) { [weak self] in self?.giveUpUnseenNodes() }
    ]
    if takeover.expectedNodes() != nil { limitWaiting() }
    releaseIfReady()
  }

  /// From the first node on, the others have so long to say what they hold.
  private func limitWaiting() {
    guard takeoverTimers.count == 1 else { return }
    takeoverTimers.append(
      loop.schedule(after: CoordinatorLimits.takeoverWait) { [weak self] in self?.release() })
  }

  /// Asks a node what it holds of a coordinator of this name, when it is seen for the first time.
  func askWhatIsHeld(by node: String, at authority: Authority) {
    guard isTakingOver, takeover.mustAsk(node) else { return }
    limitWaiting()
    heldShards(at: authority) { [weak self] answer in
      guard let self, isTakingOver else { return }
      switch answer {
      case .success(let shards):
        let earlier = shards.filter { $0.epoch < self.sender.epoch }
        for stray in takeover.take(earlier, of: node) where !isAttached(stray) { tellToForget(stray.id, at: authority) }
      case .failure(let error):
        log.warning("node_not_asked", ["node": node, "cause": error.message, "effect": "its tasks may be made again"])
        takeover.couldNotAsk(node)
      }
      releaseIfReady()
    }
  }

  /// Shards of a node that was not seen when the batches were given to the scheduler.
  func attachUnseen(_ node: String, at authority: Authority) {
    for (shard, wireID) in unseen.removeValue(forKey: node) ?? [] { reattach(shard, wireID: wireID, at: authority) }
  }

  func attach(_ shard: Shard, wireID: UUIDv7) {
    if let authority = authorities[shard.node] {
      reattach(shard, wireID: wireID, at: authority)
    } else {
      unseen[shard.node, default: []].append((shard, wireID))
    }
  }

  /// Whether nodes that appear may hold something from before.
  private var isTakingOver: Bool { !takeoverTimers.isEmpty }

  private func isAttached(_ held: HeldShard) -> Bool {
    exchanges.values.contains { $0.wireID == held.id }
      || unseen.values.contains { $0.contains { $0.1 == held.id } }
  }

  private func releaseIfReady() {
    if takeover.count > 0, takeover.isReady { release() }
  }

  /// A batch that is cancelled while no node has been heard of need not wait for one.
  func releaseCancelled(_ id: UUIDv7) {
    if takeover.expectedNodes() == nil { release(id) }
  }

  private func release(_ id: UUIDv7? = nil) {
    guard takeover.count > 0 else { return }
    takeover.release(id) { released in
      let id = released.batch.id
      if !released.ends.isEmpty { keeper.store(released.ends, of: released.batch) }
      feed(.batchAdded(id, released.table))
      for part in released.additions { feed(.tasksAdded(id, part)) }
      if released.isClosed { feed(.batchClosed(id)) }
      if released.isCancelled { feed(.cancel(id)) }
    }
  }

  /// A node that has not come back by now has forgotten what it held.
  private func giveUpUnseenNodes() {
    takeoverTimers = []
    release()
    for (node, shards) in unseen.sorted(by: { $0.key < $1.key }) {
      for (shard, _) in shards { feed(.shardEnded(shard.id, .broken)) }
      feed(.nodeGone(name: node))
    }
    unseen = [:]
  }
}
