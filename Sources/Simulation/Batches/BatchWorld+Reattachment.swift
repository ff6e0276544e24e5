import Batch
import Clockwork

/// Exchanges that break are taken up again: the tasks run on meanwhile, and their node keeps what it has to tell.
extension BatchWorld {
  /// A node keeps a shard that nobody reads for so long; then it cancels it.
  private static let keeping = Duration.seconds(60)
  private static let firstPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(2)
  private static let refusalsAllowed = 3
  private static let attachTimeout = Duration.seconds(10)

  /// The connection is gone: nothing more comes on it.
  mutating func disconnect(_ number: Int) {
    exchanges[number]?.connection += 1
    exchanges[number]?.isConnected = false
    if exchanges[number]?.isHeld == true { planLettingGo(of: number) }
  }

  mutating func planLettingGo(of number: Int) {
    guard let connection = exchanges[number]?.connection else { return }
    heap.plan(.letsGo(number, connection: connection), at: now + Self.keeping)
  }

  mutating func planSilence(_ number: Int) {
    guard let exchange = exchanges[number] else { return }
    let event = Event.silence(
      number, connection: exchange.connection, cutRound: workers[exchange.node].cutRound)
    heap.plan(event, at: now + Self.exchangeSilence)
  }

  mutating func silence(_ number: Int, _ connection: Int, _ round: Int) {
    guard let exchange = exchanges[number], workers[exchange.node].cutRound == round else { return }
    breakExchange(number, connection, .broken)
  }

  mutating func breakExchange(_ number: Int, _ connection: Int, _ end: ShardEnd) {
    guard let exchange = exchanges[number], exchange.isAwaited, exchange.connection == connection, isLife(exchange.life)
    else { return }
    guard end == .broken else { return close(number, end) }
    disconnect(number)
    noteDetached(number, exchange.node)
    interrupted(number, isRefused: false)
  }

  /// A try to go on has failed, or the first connection.
  private mutating func interrupted(_ number: Int, isRefused: Bool) {
    guard let exchange = exchanges[number] else { return }
    var outage = exchange.outage ?? VirtualExchange.Outage(since: now)
    outage.refusals = isRefused ? outage.refusals + 1 : 0
    let isLast = outage.tries > 0 && coordinator?.leaving.contains(exchange.node) == true
    guard now - outage.since < Self.keeping, outage.refusals < Self.refusalsAllowed, !isLast else {
      return close(number, outage.refusals > 0 ? .died : .broken)
    }
    let pause = min(Self.longestPause, Self.firstPause * (1 << min(outage.tries, 16)))
    outage.tries += 1
    exchanges[number]?.outage = outage
    heap.plan(.attach(number, connection: exchange.connection), at: now + pause)
  }

  mutating func attach(_ number: Int, _ connection: Int) {
    guard let exchange = exchanges[number], exchange.isAwaited, exchange.connection == connection, isLife(exchange.life)
    else { return }
    let node = exchange.node
    if workers[node].isCut || workers[node].isHostGone {
      heap.plan(.attachFails(number, connection: connection, isRefused: false), at: now + Self.attachTimeout)
    } else if !workers[node].isUp {
      heap.plan(.attachFails(number, connection: connection, isRefused: true), at: now + delay())
    } else if workers[node].life != exchange.nodeLife {
      close(number, .died)
    } else if exchange.isHeld == nil {
      // It knows all that it ever took: this was never read, and never will be.
      exchanges[number]?.isHeld = false
      close(number, .notSent)
    } else if exchange.isHeld == false {
      close(number, .died)
    } else {
      exchanges[number]?.connection += 1
      exchanges[number]?.isConnected = true
      exchanges[number]?.outage = nil
      noteAttached(number, node)
      resend(number)
    }
  }

  mutating func attachFails(_ number: Int, _ connection: Int, isRefused: Bool) {
    guard let exchange = exchanges[number], exchange.isAwaited, exchange.connection == connection, isLife(exchange.life)
    else { return }
    interrupted(number, isRefused: isRefused)
  }

  /// The node can be reached again: what was on its way goes on.
  mutating func unstall(_ number: Int) {
    guard let exchange = exchanges[number] else { return }
    if exchange.isRequestStalled {
      exchanges[number]?.isRequestStalled = false
      // Also what nobody awaits any more may lie in a socket.
      if exchange.isAwaited || generator.happens(0.5) { heap.plan(.delivered(number), at: now + delay()) }
    }
    if exchange.isConnected, exchange.isHeld == true, workers[exchange.node].life == exchange.nodeLife {
      resend(number)
    }
  }

  /// The node has waited long enough for somebody who reads: it cancels what is left of the shard.
  mutating func letGo(_ number: Int, _ connection: Int) {
    guard let exchange = exchanges[number], exchange.connection == connection, !exchange.isConnected else { return }
    letGo(number)
  }

  mutating func letGo(_ number: Int) {
    guard let exchange = exchanges[number] else { return }
    if workers[exchange.node].life == exchange.nodeLife {
      for (run, what) in workers[exchange.node].runs.sorted(by: { $0.key < $1.key }) where what.exchange == number {
        cancelRun(run, on: exchange.node)
      }
    }
    exchanges[number]?.isHeld = false
    if !exchange.isAwaited { exchanges[number] = nil }
  }

  // MARK: A node that is being reached again

  /// While the exchange of a shard is broken, its node gets nothing new.
  private mutating func noteDetached(_ number: Int, _ node: Int) {
    let isFirst = coordinator?.detached[node]?.isEmpty ?? true
    coordinator?.detached[node, default: []].insert(number)
    if isFirst { reportNode(node) }
  }

  mutating func noteAttached(_ number: Int, _ node: Int) {
    guard coordinator?.detached[node]?.remove(number) != nil, coordinator?.detached[node]?.isEmpty == true else {
      return
    }
    reportNode(node)
  }

  /// Tells the scheduler what to think of a node.
  mutating func reportNode(_ node: Int) {
    guard var report = coordinator?.known[node]?.report else { return }
    if coordinator?.detached[node]?.isEmpty == false, report.availability == .open { report.availability = .suspect }
    feed(.node(report))
  }
}
