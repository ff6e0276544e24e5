import Clockwork

/// What is on its way to a start on a node, and for how long that takes (`StartWindow`).
extension Scheduler {
  /// From here on its attempts' waits count: what it waited for before, tasks to be read and intents to be durable, is
  /// not the node's.
  mutating func noteTransmitted(_ key: ShardID, at now: Instant) {
    guard let slot = shards.slot(of: key) else { return }
    shards[slot].sentAt = now
  }

  /// Of one that began long ago only the node's own word counts: over a long time its clock and ours differ.
  mutating func noteWait(_ end: AttemptEnd, of slot: Int, at now: Instant) {
    let (node, sentAt) = (shards[slot].node, shards[slot].sentAt)
    let inAll = (now - sentAt).inMilliseconds - end.durationMilliseconds
    nodes[node].window.note(
      milliseconds: shards[slot].isYoung ? max(inAll, end.startedMilliseconds) : end.startedMilliseconds,
      onNode: end.startedMilliseconds, sentAt: sentAt, waiting: nodes[node].waiting,
      most: nodes[node].report.capacity, at: now)
  }

  /// What has been out long enough is taken to have begun: it does not fill the window any more.
  mutating func settleBegun(_ node: Int, at now: Instant) {
    var passed = 0
    for key in nodes[node].young {
      if let slot = shards.slot(of: key), shards[slot].isYoung, shards[slot].node == node {
        guard now - shards[slot].sentAt >= nodes[node].window.patience else { break }
        shards[slot].isYoung = false
        nodes[node].waiting -= shards[slot].remaining
        nodes[node].window.begunUnheard(
          shards[slot].remaining, sentAt: shards[slot].sentAt, most: nodes[node].report.capacity, at: now)
      }
      passed += 1
    }
    if passed > 0 { nodes[node].young.removeFirst(passed) }
  }

  /// Whether more would go to the node, if its window were larger.
  mutating func noteFullWindow(_ node: Int, at now: Instant) {
    guard nodes[node].isWindowFull, nodes[node].takesShards(at: now), nextTurn(for: node) != nil else { return }
    nodes[node].window.noteFull()
    guard let first = nodes[node].young.first.flatMap({ shards.slot(of: $0) }) else { return }
    let due = max(now, shards[first].sentAt + nodes[node].window.patience)
    if let known = nodes[node].begunDue, known > now, known <= due { return }
    nodes[node].begunDue = due
    setTimer(due, .node(nodes.key(of: node)))
  }
}
