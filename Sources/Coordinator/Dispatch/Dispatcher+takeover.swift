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
    guard isTakingOver, let inquiry = takeover.beginInquiry(of: node) else { return }
    limitWaiting()
    ask(node, at: authority, inquiry)
  }

  private func ask(_ node: String, at authority: Authority, _ inquiry: Int) {
    heldShards(at: authority) { [weak self] answer in
      guard let self, isTakingOver, takeover.isCurrent(inquiry, of: node) else { return }
      switch answer {
      case .success(let shards): take(shards, of: node, at: authority)
      case .failure(let error): couldNotAsk(node, at: authority, inquiry, error.message)
      }
      releaseIfReady()
    }
  }

  /// What it holds from before: whatever this process has not sent or taken up, also under a later epoch than ours. The
  /// clock was ahead then, and the node would refuse whom it takes for the earlier one.
  private func take(_ shards: [HeldShard], of node: String, at authority: Authority) {
    let earlier = shards.filter { !ownShards.contains($0.id) }
    if let latest = earlier.map(\.epoch).max() { exceed(latest) }
    for stray in takeover.take(earlier, of: node) { tellToForget(stray.id, at: authority) }
  }

  /// Nothing is known of it: it may hold all that it had, and it may say so in a moment.
  private func couldNotAsk(_ node: String, at authority: Authority, _ inquiry: Int, _ why: String) {
    guard let pause = takeover.pauseBeforeAsking(node, at: loop.now) else { return }
    log.warning("node_not_asked", ["node": node, "cause": why, "effect": "it is asked again"])
    let timer = loop.schedule(after: pause) { [weak self] in
      guard let self, isTakingOver, takeover.isCurrent(inquiry, of: node) else { return }
      ask(node, at: authority, inquiry)
    }
    takeover.setRetry(timer, of: node)
  }

  /// Shards of a node that was not seen when the batches were given to the scheduler.
  func attachUnseen(_ node: String, at authority: Authority) {
    for (shard, wireID) in unseen.removeValue(forKey: node) ?? [] { reattach(shard, wireID: wireID, at: authority) }
  }

  func attach(_ shard: Shard, wireID: UUIDv7) {
    if isTakingOver { ownShards.insert(wireID) }
    if let authority = authorities[shard.node] {
      reattach(shard, wireID: wireID, at: authority)
    } else {
      unseen[shard.node, default: []].append((shard, wireID))
    }
  }

  /// Whether nodes that appear may hold something from before.
  var isTakingOver: Bool { !takeoverTimers.isEmpty }

  private func releaseIfReady() {
    if takeover.count > 0, takeover.isReady { release() }
  }

  /// A batch that is cancelled while no node has been heard of need not wait for one.
  func releaseCancelled(_ id: UUIDv7) {
    if takeover.expectedNodes() == nil { release(id) }
  }

  /// Whoever has not said by now what it holds is not waited for any longer.
  func release(_ id: UUIDv7? = nil) {
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
    ownShards = []
    release()
    for (node, shards) in unseen.sorted(by: { $0.key < $1.key }) {
      for (shard, _) in shards { feed(.shardEnded(shard.id, .broken)) }
      feed(.nodeGone(name: node))
    }
    unseen = [:]
  }
}
