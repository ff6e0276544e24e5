import Batch
import Clockwork

/// Shards on their way to their nodes, and results on their way back.
extension BatchWorld {
  /// A node says something once a second; after so long a silence an exchange is broken.
  static let exchangeSilence = Duration.seconds(15)
  private static let connectTimeout = Duration.seconds(10)
  static let cancelRetries = 20
  private static let cancelRetry = Duration.milliseconds(500)

  mutating func open(_ shard: Shard, _ wireID: UUIDv7) {
    guard let life = coordinator?.life, let node = workers.firstIndex(where: { $0.name == shard.node }) else { return }
    lastExchange += 1
    let number = lastExchange
    coordinator?.exchanges[shard.id] = number
    exchanges[number] = VirtualExchange(shard, wireID, life: life, node: node, nodeLife: workers[node].life)
    wires[wireID] = number
    if workers[node].isCut || workers[node].isHostGone {
      heap.plan(.arrival(number, connection: 1, .refused(.notSent)), at: now + Self.connectTimeout)
    } else if !workers[node].isUp || happens(.unreached) {
      heap.plan(.arrival(number, connection: 1, .refused(.notSent)), at: now + delay())
    } else {
      heap.plan(.delivered(number), at: now + delay() + delay())
    }
  }

  mutating func delivered(_ number: Int) {
    guard let exchange = exchanges[number], exchange.isHeld == nil else { return }
    let node = exchange.node
    guard !workers[node].isCut else {
      exchanges[number]?.isRequestStalled = true
      return planSilence(number)
    }
    guard workers[node].isUp, workers[node].life == exchange.nodeLife else {
      // The connection was made, and is reset: whether the shard was read is not known.
      exchanges[number]?.isHeld = false
      heap.plan(.breaks(number, connection: exchange.connection, .broken), at: now + delay())
      return
    }
    // A process that came later speaks for the coordinator.
    guard exchange.life >= workers[node].epochs[present] ?? 0 else { return refuse(number, .notSent) }
    workers[node].epochs[present] = exchange.life
    let isFull = workers[node].held + exchange.open.count > workers[node].mostHeld
    guard !workers[node].isRefusing, !workers[node].isDraining, !isFull, !happens(.refuses) else {
      return refuse(number, .refused(retryAfter: .seconds(1)))
    }
    exchanges[number]?.isHeld = true
    take(exchange.shard, number, on: node)
    if !exchange.isAwaited { planLettingGo(of: number) }
    let moment = now + generator.jitter(upTo: .milliseconds(500))
    if happens(.breaks) { heap.plan(.breaks(number, connection: exchange.connection, .broken), at: moment) }
    if happens(.garbles) { heap.plan(.breaks(number, connection: exchange.connection, .garbled), at: moment) }
  }

  private mutating func refuse(_ number: Int, _ end: ShardEnd) {
    exchanges[number]?.isHeld = false
    send(.refused(end), on: number)
  }

  // MARK: From the node to the coordinator

  /// One more end, and the last line behind the last one.
  mutating func tell(_ end: AttemptEnd, on number: Int) {
    guard var exchange = exchanges[number] else { return }
    exchange.told.append(end)
    exchange.open.remove(end.index)
    exchanges[number] = exchange
    guard exchange.isConnected else {
      if happens(.late) { heap.plan(.late(number, end), at: now + delay()) }
      return
    }
    send(.line(exchange.told.count - 1), on: number)
    if exchange.open.isEmpty { send(.end, on: number) }
  }

  private mutating func send(_ arrival: VirtualExchange.Arrival, on number: Int) {
    guard let exchange = exchanges[number] else { return }
    let time = max(exchange.lastArrival, now + delay())
    exchanges[number]?.lastArrival = time
    heap.plan(.arrival(number, connection: exchange.connection, arrival), at: time)
  }

  mutating func arrive(_ arrival: VirtualExchange.Arrival, on number: Int, _ connection: Int) {
    guard let exchange = exchanges[number], isLife(exchange.life), exchange.isAwaited,
      exchange.connection == connection
    else { return }
    switch arrival {
    case .refused(let end): close(number, end)
    // What is on its way when the node is cut off comes when it no longer is.
    case .line, .end: if !workers[exchange.node].isCut { takeNext(arrival, number, exchange) }
    }
  }

  private mutating func takeNext(_ arrival: VirtualExchange.Arrival, _ number: Int, _ exchange: VirtualExchange) {
    switch arrival {
    case .line(let line):
      guard line == exchange.taken else { return }
      exchanges[number]?.taken += 1
      let end = exchange.told[line]
      trace.fold(UInt64(number) << 32 | UInt64(end.index))
      feed(.attempts(exchange.shard.id, [end]))
      if happens(.doubles) { feed(.attempts(exchange.shard.id, [end])) }
    case .end: if exchange.taken == exchange.told.count, exchange.open.isEmpty { close(number, .finished) }
    case .refused: break
    }
  }

  /// What comes of a connection that is over is not heard; were it heard, the scheduler must not mind.
  mutating func hearLate(_ end: AttemptEnd, on number: Int) {
    guard let exchange = exchanges[number], isLife(exchange.life), !exchange.isAwaited else { return }
    feed(.attempts(exchange.shard.id, [end]))
  }

  /// Lines from where the coordinator stands.
  mutating func resend(_ number: Int) {
    guard let exchange = exchanges[number] else { return }
    for line in exchange.taken..<max(exchange.taken, exchange.told.count) { send(.line(line), on: number) }
    if exchange.open.isEmpty { send(.end, on: number) }
  }

  // MARK: The end

  mutating func close(_ number: Int, _ end: ShardEnd) {
    guard let exchange = exchanges[number] else { return }
    abandon(number)
    coordinator?.exchanges[exchange.shard.id] = nil
    if end != .finished { trace.line(now, "exchange \(number) with \(exchange.shard.node) is over: \(end)") }
    // A node is told to forget what makes no sense; what was finished it keeps for a while.
    if end == .garbled { letGo(number) }
    if end == .notSent || exchange.isHeld == false { exchanges[number] = nil }
    if !(fault == .deaf && end != .finished) {
      feed(.shardEnded(exchange.shard.id, fault == .forgivesDeaths && end == .died ? .broken : end))
    }
    noteAttached(number, exchange.node)
    if coordinator?.leaving.contains(exchange.node) == true, !hasExchange(with: exchange.node) {
      nodeGone(exchange.node)
    }
  }

  func hasExchange(with node: Int) -> Bool {
    coordinator?.exchanges.values.contains { exchanges[$0]?.node == node } == true
  }

  /// The coordinator does not count on an exchange any more, or is gone; its node notices that nobody reads.
  mutating func abandon(_ number: Int) {
    guard exchanges[number]?.isAwaited == true else { return }
    exchanges[number]?.isAwaited = false
    disconnect(number)
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

  /// A shard whose node cannot be asked is given up: the node cancels by itself what nobody takes up again. Single
  /// tasks run on, and nobody hears.
  mutating func cancelFails(_ number: Int, _ indices: [Int]?, _ retries: Int) {
    guard let exchange = exchanges[number], exchange.isAwaited, isLife(exchange.life) else { return }
    if indices == nil { return close(number, .broken) }
    guard retries > 0 else { return }
    heap.plan(.cancelArrives(number, indices: indices, retries: retries - 1), at: now + Self.cancelRetry)
  }
}
