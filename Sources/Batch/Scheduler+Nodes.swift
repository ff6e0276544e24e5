import Clockwork

extension Scheduler {
  mutating func take(_ report: NodeReport, at now: Instant) {
    if !hedgeSeekers.isEmpty { wakeHedgeSeekers(at: now) }
    guard let node = nodeSlots[report.name] else {
      addNode(report)
      return
    }
    let old = nodes[node].report
    nodes[node].take(report)
    if old.taskTypes != report.taskTypes { setTypes(of: node) }
    // Most reports say only how much a node has: of a thousand nodes, one comes each millisecond.
    guard old.availability != report.availability || old.taskTypes != report.taskTypes else { return touch(node) }
    mustDispatchAll = true
    switch (old.availability == .open, report.availability == .open) {
    case (false, true): for type in nodes[node].types { replaceLanes(ofType: type) }
    case (true, false): for queue in nodes[node].ownQueues.values.sorted() { replaceLanes(of: queue) }
    case (true, true) where old.taskTypes != report.taskTypes:
      for type in nodes[node].types { replaceLanes(ofType: type) }
    default: break
    }
  }

  mutating func addNode(_ report: NodeReport) {
    livesSeen += 1
    let node = Int(nodes.insert(NodeState(report: report, life: livesSeen)).slot)
    nodeSlots[report.name] = node
    nodeList.append(node)
    setTypes(of: node)
    if report.availability == .open {
      for type in nodes[node].types { replaceLanes(ofType: type) }
    }
    mustDispatchAll = true
  }

  /// Takes over the types of the node's report; lanes at home on it whose type it lost move on.
  private mutating func setTypes(of node: Int) {
    let old = nodes[node].types
    var new: [Int] = []
    for name in nodes[node].report.taskTypes {
      let type = type(named: name)
      guard !new.contains(type) else { continue }
      types[type].references += 1
      new.append(type)
    }
    nodes[node].types = new
    for type in old where !new.contains(type) { closeOwnQueue(ofNode: node, type: type) }
    for type in old { releaseType(type) }
  }

  private mutating func closeOwnQueue(ofNode node: Int, type: Int) {
    guard let queue = nodes[node].ownQueues.removeValue(forKey: type) else { return }
    ownQueueCount -= 1
    replaceLanes(of: queue)
    queues.remove(queue)
    releaseType(type)
  }

  /// The node says that it does not know a type that its report named.
  mutating func withdrawType(_ name: String, from node: Int) {
    nodes[node].report.taskTypes.removeAll { $0 == name }
    setTypes(of: node)
  }

  mutating func removeNode(_ name: String, at now: Instant, into effects: inout [Effect]) {
    guard let node = nodeSlots[name] else {
      effects.append(.ignored(.unknownNode(name)))
      return
    }
    // Closed first, so that nothing that is queued again is placed here.
    nodes[node].report.availability = .suspect
    nodes[node].report.taskTypes = []
    setTypes(of: node)
    nodes[node].markedWhenBroken = nodes[node].markedWhenBroken ?? nodes[node].marked
    for shard in shards.slots where shards[shard].node == node {
      effects.append(.dropShard(shards.key(of: shard)))
      settleShard(shard, .broken, at: now, into: &effects)
    }
    nodeSlots[name] = nil
    nodeList.removeAll { $0 == node }
    nodes.remove(node)
    mustDispatchAll = true
  }
}
