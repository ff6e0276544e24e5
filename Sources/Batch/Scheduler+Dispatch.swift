import Clockwork

/// Who gets the next shard, and how large it is.
extension Scheduler {
  mutating func dispatch(at now: Instant, into effects: inout [Effect]) {
    defer { touchedNodes.removeAll(keepingCapacity: true) }
    guard !isHeld else { return }
    round += 1
    sendTrials(at: now, into: &effects)
    if mustDispatchAll {
      mustDispatchAll = false
      for node in nodeList {
        nodes[node].roomWaitedFor = 0
        settleBegun(node, at: now)
      }
      serveAll(at: now, into: &effects)
      for node in nodeList {
        while relieveOthers(with: node, at: now, into: &effects) {}
        noteFullWindow(node, at: now)
      }
    } else {
      for node in touchedNodes where nodes.contains(node) {
        settleBegun(node, at: now)
        guard nodes[node].room >= nodes[node].roomWaitedFor else { continue }
        while serve(node, at: now, into: &effects) {}
        while relieveOthers(with: node, at: now, into: &effects) {}
        noteFullWindow(node, at: now)
      }
    }
  }

  /// A node with room, among those that are served in a round: the one with most is next, among equals the oldest.
  private struct Candidate: Comparable {
    let room: Int
    /// In the order of their appearance.
    let place: Int
    let node: Int

    static func < (left: Candidate, right: Candidate) -> Bool {
      left.room != right.room ? left.room > right.room : left.place < right.place
    }
  }

  private mutating func serveAll(at now: Instant, into effects: inout [Effect]) {
    var candidates = MinHeap<Candidate>()
    for (place, node) in nodeList.enumerated() where nodes[node].room > 0 && nodes[node].takesShards(at: now) {
      candidates.insert(Candidate(room: nodes[node].room, place: place, node: node))
    }
    while let next = candidates.removeFirst() {
      guard serve(next.node, at: now, into: &effects), nodes[next.node].room > 0 else { continue }
      candidates.insert(Candidate(room: nodes[next.node].room, place: next.place, node: next.node))
    }
  }

  /// Gives the node one shard. False when there is nothing for it now; true also when lanes were put aside instead.
  private mutating func serve(_ node: Int, at now: Instant, into effects: inout [Effect]) -> Bool {
    guard nodes[node].takesShards(at: now), nodes[node].room > 0 else { return false }
    guard var turn = nextTurn(for: node) else {
      if ownQueueCount == 0 { nodes[node].roomWaitedFor = .max }
      return false
    }
    var room = roomOf(node, for: turn)
    let hadShare = !hasSpentShare(of: turn, node)
    if room <= 0 || hadShare == false {
      guard let other = nextOtherTurn(for: node) else {
        if hadShare {
          nodes[node].roomWaitedFor = nodes[node].room - room + nodes[node].roomWorthSending
        } else {
          waitForRoom(node, room: nodes[node].room + 1, at: now)
        }
        return false
      }
      (turn, room) = (other, roomOf(node, for: other))
    }
    guard let batch = batches.slot(of: turn.batch) else { return false }
    let share = share(of: batch, stream: turn.stream, for: node, at: now)
    guard room >= min(nodes[node].roomWorthSending, share) || hasWaited(node, at: now) else {
      waitForRoom(node, room: min(nodes[node].roomWorthSending, share) + nodes[node].room - room, at: now)
      return false
    }
    self.turn = max(self.turn, turn.pass)
    batches[batch].pass = max(batches[batch].pass, self.turn - SchedulerLimits.turnsBehind)
    // Pieces of one size, so that the last of them is not a small one.
    let pieces = (share + nodes[node].shardSize - 1) / nodes[node].shardSize
    let size = min(room, (share + pieces - 1) / pieces)
    send(to: node, batch: batch, queues: queues(of: node), size: size, at: now, into: &effects)
    return true
  }

  /// The queues from which a node may be served.
  private func queues(of node: Int) -> [Int] {
    nodes[node].types.flatMap { type in [types[type].queue] + (nodes[node].ownQueues[type].map { [$0] } ?? []) }
  }

  mutating func nextTurn(for node: Int) -> Turn? {
    var best: Turn?
    for queue in queues(of: node) {
      if let turn = nextTurn(in: queue), best.map({ turn < $0 }) ?? true { best = turn }
    }
    return best
  }

  /// A small part of each node is kept for batches that have little out, while another has more than fits.
  private func roomOf(_ node: Int, for turn: Turn) -> Int {
    let room = nodes[node].room
    guard let batch = batches.slot(of: turn.batch), batches[batch].ready > room else { return room }
    let reserve = nodes[node].windowSize / SchedulerLimits.reserveDivisor
    return batches[batch].counts.running >= reserve ? room - reserve : room
  }

  /// The next turn of a batch to which the node's room is open, where the first one in turn may not have it.
  private func nextOtherTurn(for node: Int) -> Turn? {
    queues(of: node).flatMap { queues[$0].elements }.filter { turn in
      guard let batch = batches.slot(of: turn.batch), turn.stream < batches[batch].streams.count else { return false }
      return !batches[batch].streams[turn.stream].isEmpty && roomOf(node, for: turn) > 0
        && !hasSpentShare(of: turn, node)
    }.min()
  }

  private func hasWaited(_ node: Int, at now: Instant) -> Bool {
    guard let since = nodes[node].waitsForRoomSince else { return false }
    return now - since >= SchedulerLimits.linger && nodes[node].shards < SchedulerLimits.exchangesBeforeWaiting
  }

  private mutating func waitForRoom(_ node: Int, room: Int, at now: Instant) {
    nodes[node].roomWaitedFor = room
    guard nodes[node].waitsForRoomSince == nil else { return }
    nodes[node].waitsForRoomSince = now
    setTimer(now + SchedulerLimits.linger, .node(nodes.key(of: node)))
  }

  /// Serves a node from the keyed lanes at home on another one that is overloaded or resting.
  private mutating func relieveOthers(with node: Int, at now: Instant, into effects: inout [Effect]) -> Bool {
    guard ownQueueCount > 0, nodes[node].takesShards(at: now), nodes[node].room > 0 else { return false }
    for type in nodes[node].types {
      for other in nodeList where other != node {
        guard let queue = nodes[other].ownQueues[type], mayHandOn(other, at: now), let turn = nextTurn(in: queue),
          let batch = batches.slot(of: turn.batch)
        else { continue }
        let size = min(nodes[node].room, nodes[node].shardSize)
        send(to: node, batch: batch, queues: [queue], size: size, at: now, into: &effects)
        return true
      }
    }
    return false
  }

  private func mayHandOn(_ node: Int, at now: Instant) -> Bool {
    if !nodes[node].isOpen(at: now) { return true }
    guard nodes[node].room <= 0 else { return false }
    let open = nodeList.filter { nodes[$0].report.availability == .open }
    let fill = open.reduce(into: (load: 0, most: 0)) {
      $0.load += nodes[$1].load
      $0.most += nodes[$1].load + max(0, nodes[$1].room)
    }
    return Double(fill.most) > SchedulerLimits.loadBound * Double(fill.load)
  }
}
