import Clockwork

/// Where a lane waits for its turn: lanes without a key at their type, lanes with a key at their home.
extension Scheduler {
  /// Puts a lane that is nowhere to where it waits, if it holds tasks.
  mutating func place(_ lane: Int, of batch: Int) {
    guard batches[batch].lanes[lane].count > 0 else { return }
    guard !batches[batch].rests else {
      batches[batch].lanes[lane].place = .resting
      return
    }
    let type = batches[batch].types[Int(batches[batch].kind(of: lane).type)].type
    guard let key = batches[batch].key(of: lane) else {
      enter(lane, of: batch, queue: types[type].queue)
      return
    }
    if let home = home(of: key, type: type) {
      enter(lane, of: batch, queue: ownQueue(ofNode: home, type: type))
    } else {
      batches[batch].lanes[lane].place = .homeless
      types[type].homeless.append(Limiter.Waiter(batch: batches.key(of: batch), lane: UInt32(lane)))
    }
  }

  /// The open node of the type that ranks highest for the key.
  func home(of key: TaskKey, type: Int) -> Int? {
    var (best, bestRank): (Int?, UInt64) = (nil, 0)
    for node in nodeList where nodes[node].report.availability == .open && nodes[node].types.contains(type) {
      let rank = key.rank(ofNodeWithSeed: nodes[node].seed)
      if best == nil || rank > bestRank { (best, bestRank) = (node, rank) }
    }
    return best
  }

  private mutating func ownQueue(ofNode node: Int, type: Int) -> Int {
    if let queue = nodes[node].ownQueues[type] { return queue }
    let queue = Int(queues.insert(MinHeap()).slot)
    nodes[node].ownQueues[type] = queue
    ownQueueCount += 1
    types[type].references += 1
    return queue
  }

  private mutating func enter(_ lane: Int, of batch: Int, queue: Int) {
    let stream: Int
    if let known = batches[batch].streamOfQueue[queue] {
      stream = known
    } else {
      stream = batches[batch].streams.count
      batches[batch].streams.append(LaneStream(queue: queue))
      batches[batch].streamOfQueue[queue] = stream
    }
    batches[batch].enter(lane, stream: stream)
    mustDispatchAll = true
    guard !batches[batch].streams[stream].hasTurn else { return }
    if batches[batch].turnsHeld == 0 { batches[batch].pass = max(batches[batch].pass, turn) }
    batches[batch].streams[stream].hasTurn = true
    batches[batch].turnsHeld += 1
    queues[queue].insert(makeTurn(of: batch, stream: stream))
  }

  func makeTurn(of batch: Int, stream: Int) -> Turn {
    let lane = batches[batch].streams[stream].firstLane
    return Turn(
      pass: batches[batch].pass, priority: lane.map { batches[batch].priority(of: $0) } ?? 0,
      order: batches[batch].order, batch: batches.key(of: batch), stream: stream)
  }

  /// The stream whose turn is next in a queue. Entries that time has overtaken are mended on the way.
  mutating func nextTurn(in queue: Int) -> Turn? {
    while let first = queues[queue].first {
      guard let batch = batches.slot(of: first.batch), first.stream < batches[batch].streams.count else {
        _ = queues[queue].removeFirst()
        continue
      }
      if batches[batch].streams[first.stream].isEmpty {
        _ = queues[queue].removeFirst()
        batches[batch].streams[first.stream].hasTurn = false
        batches[batch].turnsHeld -= 1
      } else if first.pass < batches[batch].pass {
        queues[queue].replaceFirst(with: makeTurn(of: batch, stream: first.stream))
      } else {
        return first
      }
    }
    return nil
  }

  /// Takes all lanes out of a queue and places them anew: their home has changed.
  mutating func replaceLanes(of queue: Int) {
    var lanes: [(batch: Int, lane: Int)] = []
    while let entry = queues[queue].removeFirst() {
      guard let batch = batches.slot(of: entry.batch), entry.stream < batches[batch].streams.count else { continue }
      batches[batch].streams[entry.stream].hasTurn = false
      batches[batch].turnsHeld -= 1
      while let lane = batches[batch].leave(stream: entry.stream) { lanes.append((batch, lane)) }
    }
    for (batch, lane) in lanes { place(lane, of: batch) }
  }

  /// After a node with the type has opened: lanes that it ranks highest for come to it.
  mutating func replaceLanes(ofType type: Int) {
    for node in nodeList {
      if let queue = nodes[node].ownQueues[type] { replaceLanes(of: queue) }
    }
    let homeless = types[type].homeless
    types[type].homeless = []
    for waiter in homeless {
      guard let batch = batches.slot(of: waiter.batch) else { continue }
      guard case .homeless = batches[batch].lanes[Int(waiter.lane)].place else { continue }
      batches[batch].lanes[Int(waiter.lane)].place = .nowhere
      place(Int(waiter.lane), of: batch)
    }
  }
}

extension BatchState {
  mutating func enter(_ lane: Int, stream: Int) {
    streams[stream].append(UInt32(lane), priority: priority(of: UInt32(lane)), in: &lanes)
    lanes[lane].place = .ready(stream: UInt32(stream))
    ready += Int(lanes[lane].count)
  }

  /// Takes the first lane out of a stream.
  mutating func leave(stream: Int) -> Int? {
    guard let lane = streams[stream].removeFirst(in: &lanes).map(Int.init) else { return nil }
    lanes[lane].place = .nowhere
    ready -= Int(lanes[lane].count)
    return lane
  }
}
