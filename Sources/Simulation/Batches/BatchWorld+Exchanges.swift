import Batch
import Clockwork

/// Shards on their way to their nodes, and results on their way back.
extension BatchWorld {
  /// A node says something once a second; after so long a silence an exchange is given up.
  static let exchangeSilence = Duration.seconds(15)
  private static let connectTimeout = Duration.seconds(10)
  static let cancelRetries = 20
  private static let cancelRetry = Duration.milliseconds(500)

  mutating func open(_ shard: Shard) {
    guard let life = coordinator?.life, let node = workers.firstIndex(where: { $0.name == shard.node }) else { return }
    lastExchange += 1
    let number = lastExchange
    coordinator?.exchanges[shard.id] = number
    exchanges[number] = VirtualExchange(
      shard: shard, life: life, node: node, nodeLife: workers[node].life, open: Set(shard.entries.map { Int($0.index) }))
    if workers[node].isCut {
      heap.plan(.arrival(number, .closed(.notSent)), at: now + Self.connectTimeout)
    } else if !workers[node].isUp || happens(.unreached) {
      heap.plan(.arrival(number, .closed(.notSent)), at: now + delay())
    } else {
      heap.plan(.delivered(number), at: now + delay() + delay())
    }
  }

  mutating func delivered(_ number: Int) {
    guard let exchange = exchanges[number], exchange.isHeld == nil else { return }
    let node = exchange.node
    guard !workers[node].isCut else {
      exchanges[number]?.isRequestStalled = true
      heap.plan(.silence(number, cutRound: workers[node].cutRound), at: now + Self.exchangeSilence)
      return
    }
    guard workers[node].isUp, workers[node].life == exchange.nodeLife else { return tell(.closed(.broken), on: number) }
    // A process that came later speaks for the coordinator.
    guard exchange.life >= workers[node].epoch else { return tell(.closed(.notSent), on: number) }
    workers[node].epoch = exchange.life
    let isFull = workers[node].held + exchange.open.count > workers[node].mostHeld
    guard !workers[node].isRefusing, !workers[node].isDraining, !isFull, !happens(.refuses) else {
      return tell(.closed(.refused(retryAfter: .seconds(1))), on: number)
    }
    exchanges[number]?.isHeld = true
    take(exchange.shard, number, on: node)
    if !exchange.isAwaited { heap.plan(.nodeNotices(number), at: now + generator.jitter(upTo: .seconds(2))) }
    let moment = now + generator.jitter(upTo: .milliseconds(500))
    if happens(.breaks) { heap.plan(.breaks(number, .broken), at: moment) }
    if happens(.garbles) { heap.plan(.breaks(number, .garbled), at: moment) }
  }

  /// From the node to the coordinator.
  mutating func tell(_ arrival: VirtualExchange.Arrival, on number: Int) {
    guard let exchange = exchanges[number] else { return }
    let time = max(exchange.lastArrival, now + delay())
    exchanges[number]?.lastArrival = time
    heap.plan(.arrival(number, arrival), at: time)
  }

  mutating func arrive(_ arrival: VirtualExchange.Arrival, on number: Int) {
    guard let exchange = exchanges[number], isLife(exchange.life) else { return }
    // What comes of a connection that is over is not heard; were it heard, the scheduler must not mind.
    guard exchange.isAwaited || happens(.late) else { return }
    if workers[exchange.node].isCut, exchange.isHeld != nil, exchange.isAwaited {
      exchanges[number]?.stalled.append(arrival)
      return
    }
    switch arrival {
    case .ends(let ends):
      for end in ends { trace.fold(UInt64(number) << 32 | UInt64(end.index)) }
      feed(.attempts(exchange.shard.id, ends))
      if happens(.doubles) { feed(.attempts(exchange.shard.id, ends)) }
    case .closed(let end): if exchange.isAwaited { close(number, end) }
    }
  }

  private mutating func close(_ number: Int, _ end: ShardEnd) {
    guard let exchange = exchanges[number] else { return }
    exchanges[number]?.isAwaited = false
    coordinator?.exchanges[exchange.shard.id] = nil
    if end != .finished {
      trace.line(now, "exchange \(number) with \(exchange.shard.node) is over: \(end)")
      if fault == .deaf { return }
    }
    feed(.shardEnded(exchange.shard.id, end))
    if exchange.isHeld == true {
      heap.plan(.nodeNotices(number), at: now + delay() + generator.jitter(upTo: .seconds(2)))
    } else if !exchange.isRequestStalled {
      exchanges[number] = nil
    }
    if coordinator?.leaving.contains(exchange.node) == true, !hasExchange(with: exchange.node) { nodeGone(exchange.node) }
  }

  func hasExchange(with node: Int) -> Bool {
    coordinator?.exchanges.values.contains { exchanges[$0]?.node == node } == true
  }

  // MARK: When it breaks

  mutating func breakExchange(_ number: Int, _ end: ShardEnd) {
    guard let exchange = exchanges[number], exchange.isHeld == true, exchange.isAwaited, isLife(exchange.life),
      !workers[exchange.node].isCut
    else { return }
    close(number, end)
  }

  mutating func silence(_ number: Int, _ round: Int) {
    guard let exchange = exchanges[number], workers[exchange.node].cutRound == round else { return }
    if exchange.isAwaited, isLife(exchange.life) { close(number, .broken) }
    if exchange.isHeld == true { heap.plan(.nodeNotices(number), at: now + generator.jitter(upTo: .seconds(45))) }
  }

  /// The node can be reached again: what was on its way goes on, also what nobody awaits any more.
  mutating func unstall(_ number: Int) {
    guard let exchange = exchanges[number] else { return }
    if exchange.isRequestStalled {
      exchanges[number]?.isRequestStalled = false
      if exchange.isAwaited || generator.happens(0.5) { heap.plan(.delivered(number), at: now + delay()) }
    }
    let stalled = exchange.stalled
    exchanges[number]?.stalled = []
    for arrival in stalled { tell(arrival, on: number) }
    if !exchange.isAwaited { heap.plan(.nodeNotices(number), at: now + delay()) }
  }

  // MARK: Cancelling

  mutating func cancelArrives(_ number: Int, _ indices: [Int]?, _ retries: Int) {
    guard let exchange = exchanges[number], exchange.isAwaited, isLife(exchange.life) else { return }
    guard workers[exchange.node].isReachable, workers[exchange.node].life == exchange.nodeLife else {
      heap.plan(.cancelFails(number, indices: indices, retries: retries), at: now + Self.connectTimeout)
      return
    }
    guard exchange.isHeld == true else {
      // It may not have come yet.
      guard retries > 0 else { return cancelFails(number, indices, 0) }
      heap.plan(.cancelArrives(number, indices: indices, retries: retries - 1), at: now + Self.cancelRetry)
      return
    }
    for (run, what) in workers[exchange.node].runs.sorted(by: { $0.key < $1.key })
    where what.exchange == number && indices?.contains(what.index) ?? true {
      cancelRun(run, on: exchange.node)
    }
  }

  /// A shard whose node cannot be asked is broken off, which cancels as well; single tasks run on, and nobody hears.
  mutating func cancelFails(_ number: Int, _ indices: [Int]?, _ retries: Int) {
    guard let exchange = exchanges[number], exchange.isAwaited, isLife(exchange.life) else { return }
    if indices != nil {
      guard retries > 0 else { return }
      heap.plan(.cancelArrives(number, indices: indices, retries: retries - 1), at: now + Self.cancelRetry)
    } else {
      abandon(number)
      coordinator?.exchanges[exchange.shard.id] = nil
      feed(.shardEnded(exchange.shard.id, .broken))
    }
  }
}
