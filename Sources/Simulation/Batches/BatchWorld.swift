import Batch
import Clockwork

/// The virtual world of one or more coordinators: their disks, the nodes that they share, their submitters, what lies
/// ahead, and who watches.
struct BatchWorld {
  enum Event {
    case step(BatchScenario.Step)
    // Those outside.
    case submit(Int)
    case answered(Int, UUIDv7)
    case cancel(Int)
    case cancelAnswered(Int, life: Int)
    // The coordinator.
    case wake(life: Int, at: Instant)
    case committed(life: Int)
    case retryDisk(life: Int)
    case leaveDeadline(Int, life: Int)
    case cancelArrives(Int, indices: [Int]?, retries: Int)
    case cancelFails(Int, indices: [Int]?, retries: Int)
    // Exchanges.
    case delivered(Int)
    case arrival(Int, connection: Int, VirtualExchange.Arrival)
    case late(Int, AttemptEnd)
    case breaks(Int, connection: Int, ShardEnd)
    case silence(Int, connection: Int, cutRound: Int)
    case attach(Int, connection: Int)
    case attachFails(Int, connection: Int, isRefused: Bool)
    case letsGo(Int, connection: Int)
    // A coordinator that takes over.
    case asked(Int, life: Int)
    case answersHeld(Int, life: Int, [HeldShard]?)
    case takeoverEnds(life: Int, isLast: Bool)
    // Nodes.
    case acts(Int, life: Int, run: Int)
    case finishes(Int, life: Int, run: Int)
    case poll(Int, life: Int)
    case report(Int, life: Int, NodeReport)
    case wakesUp(Int)
    case leave(Int, life: Int)
    case comesBack(Int, life: Int)
    // The end.
    case calm
    case quiet
    case over
  }

  /// What gossip says of a node.
  enum Rumour { case joined, suspected, died, left }

  let seed: UInt64
  let scenario: BatchScenario
  let fault: PlantedBatchFault?
  var generator: SplitMix64
  var chances: [BatchScenario.Chance: Double] = [:]
  var latency: ClosedRange<Duration> = .microseconds(100) ... .milliseconds(2)
  var sync: ClosedRange<Duration> = .milliseconds(1) ... .milliseconds(8)

  var heap = EventHeap<Event>()
  var now = Instant.zero
  var trace = Trace(isKept: true)
  var checkers = BatchCheckers()
  var figures = BatchFigures()

  var membership: MembershipWorld
  var batches: [VirtualBatch] = []
  /// Which submitter's batch each is.
  var numbers: [UUIDv7: Int] = [:]
  var workers: [VirtualWorker] = []
  /// Coordinators that know nothing of each other.
  var seats: [Seat]
  /// The one that it is about at the moment.
  var present = 0
  /// Whose each life is, from the first on.
  var seatOfLife: [Int] = []
  var exchanges: [Int: VirtualExchange] = [:]
  /// By the name under which nodes know a shard, the number of its exchange.
  var wires: [UUIDv7: Int] = [:]
  var lastExchange = 0
  var lastRun = 0

  /// What each letter of the scenario stands for.
  private var letters: [Character: Int] = [:]
  private let drawable: [Int]
  /// All faults have ended.
  var isCalm = false
  private var isOver = false
  private var firstFailure: Int?
  private(set) var endsWatched = false

  init(seed: UInt64, nodes: Int, scenario: BatchScenario, fault: PlantedBatchFault?) {
    (self.seed, self.scenario, self.fault) = (seed, scenario, fault)
    generator = SplitMix64(seed: seed)
    seats = (0..<scenario.coordinators).map { _ in Seat() }
    checkers.take(seats.count)
    drawable = (1..<max(nodes, 2)).map { $0 % nodes }.shuffled(using: &generator)
    membership = Self.membership(of: nodes, coordinators: seats.count, seed: generator.next())
    for number in 0..<nodes {
      let capacity = [1, 4, 16, 100].randomElement(using: &generator)!
      // Every type has a node.
      let rare = number == 0 ? 3 : Int.random(in: 1...3, using: &generator)
      workers.append(VirtualWorker(number: number, capacity: capacity, types: Array(Workload.types.prefix(rare))))
    }
    for step in scenario.steps { heap.plan(.step(step), at: .zero + step.time) }
    heap.plan(.calm, at: .zero + scenario.end)
    for node in workers.indices { beginMembership(of: node) }
    for seat in seats.indices {
      sit(seat)
      startCoordinator()
    }
  }

  mutating func run() -> BatchReport {
    while !isOver, let next = heap.nextTime {
      if let gossips = nextGossip, gossips < next { gossip() } else { advance() }
      for seat in seats.indices {
        sit(seat)
        commitIfAsked()
      }
      if firstFailure == nil, checkers.haveFailed { firstFailure = trace.lines.count }
    }
    figures.batches = batches.count
    figures.tasks = batches.reduce(0) { $0 + $1.tasks.count }
    return BatchReport(
      seed: seed, nodes: workers.count, scenario: scenario, failures: checkers.failures, trace: trace.lines,
      firstFailure: firstFailure, digest: trace.digest, figures: figures)
  }

  private mutating func advance() {
    guard let (time, event) = heap.pop() else { return }
    now = time
    if let seat = seat(of: event) { sit(seat) }
    happen(event)
  }

  private mutating func happen(_ event: Event) {
    switch event {
    case .step(let step):
      trace.line(now, "-- \(step.text)")
      perform(step.action)
    case .submit(let batch): submit(batch)
    case .answered(let batch, let id): answered(batch, id)
    case .cancel(let batch): cancel(batch)
    case .cancelAnswered(let batch, let life): if isLife(life) { promiseEnd(of: batch) }
    case .calm: calm()
    case .quiet: checkers.idleness.isWatching = true
    case .over: isOver = true
    case .wake, .committed, .retryDisk, .leaveDeadline, .cancelArrives, .cancelFails: happenAtCoordinator(event)
    case .delivered, .arrival, .late, .breaks, .silence, .attach, .attachFails, .letsGo: happenOnTheWay(event)
    case .asked(let node, let life): if isLife(life) { asked(node, life) }
    case .answersHeld(let node, let life, let held): if isLife(life) { answersHeld(node, held) }
    case .takeoverEnds(let life, let isLast): if isLife(life) { takeoverEnds(isLast: isLast) }
    case .acts, .finishes, .poll, .report, .wakesUp, .leave, .comesBack: happenAtNode(event)
    }
  }

  private mutating func happenAtCoordinator(_ event: Event) {
    switch event {
    case .wake(let life, let time):
      guard isLife(life), coordinator?.wakeAt == time else { return }
      coordinator?.wakeAt = nil
      feed(.wake)
    case .committed(let life): if isLife(life) { committed() }
    case .retryDisk(let life): if isLife(life) { retryDisk() }
    case .leaveDeadline(let node, let life):
      if isLife(life), coordinator?.leaving.contains(node) == true { nodeGone(node) }
    case .cancelArrives(let number, let indices, let retries): cancelArrives(number, indices, retries)
    case .cancelFails(let number, let indices, let retries): cancelFails(number, indices, retries)
    default: preconditionFailure("\(event) is not for the coordinator")
    }
  }

  private mutating func happenOnTheWay(_ event: Event) {
    switch event {
    case .delivered(let number): delivered(number)
    case .arrival(let number, let connection, let arrival): arrive(arrival, on: number, connection)
    case .late(let number, let end): hearLate(end, on: number)
    case .breaks(let number, let connection, let end):
      guard let node = exchanges[number]?.node else { return }
      // Where the node is cut off, nobody hears of it until it no longer is.
      if workers[node].isCut { return heap.plan(event, at: now + .seconds(1)) }
      breakExchange(number, connection, end)
    case .silence(let number, let connection, let round): silence(number, connection, round)
    case .attach(let number, let connection): attach(number, connection)
    case .attachFails(let number, let connection, let isRefused): attachFails(number, connection, isRefused: isRefused)
    case .letsGo(let number, let connection): letGo(number, connection)
    default: preconditionFailure("\(event) is not on the way")
    }
  }

  private mutating func happenAtNode(_ event: Event) {
    switch event {
    case .acts(let node, let life, let run): if workers[node].life == life { workers[node].runs[run]?.hasActed = true }
    case .finishes(let node, let life, let run): if workers[node].life == life { finish(run, on: node) }
    case .poll(let node, let life): if isLife(life) { poll(node) }
    case .report(let node, let life, let report): if isLife(life) { take(report, of: node) }
    case .wakesUp(let node): resumeMembership(of: node)
    case .comesBack(let node, let life): restart(node, life: life)
    case .leave(let node, let life): if workers[node].life == life { leave(node) }
    default: preconditionFailure("\(event) is not for a node")
    }
  }

  func isLife(_ life: Int) -> Bool { coordinator?.life == life }

  func chance(_ chance: BatchScenario.Chance) -> Double { chances[chance] ?? 0 }

  mutating func happens(_ what: BatchScenario.Chance) -> Bool { generator.happens(chance(what)) }

  mutating func delay() -> Duration { generator.duration(in: latency) }

  /// Letters draw nodes not drawn before, and never number 0.
  mutating func number(_ node: BatchScenario.NodeReference) -> Int {
    switch node {
    case .number(let number): return number % workers.count
    case .letter(let letter):
      let drawn = letters[letter] ?? drawable[letters.count % drawable.count]
      letters[letter] = drawn
      return drawn
    }
  }

  // MARK: The end

  /// Once all batches have ended, coordinators with nothing to do are watched for a while.
  mutating func watchTheEnd() {
    guard isCalm, !endsWatched, batches.allSatisfy(\.isAnswered), seats.indices.allSatisfy(isThrough) else { return }
    endsWatched = true
    figures.seconds = (now - .zero).inSeconds
    trace.line(now, "all batches have ended")
    for seat in seats.indices { checkTheEnd(of: seats[seat]) }
    heap.plan(.quiet, at: now + IdleChecker.settling)
    heap.plan(.over, at: now + IdleChecker.settling + IdleChecker.watch)
  }

  private func isThrough(_ seat: Int) -> Bool {
    guard let coordinator = seats[seat].coordinator else { return false }
    return !coordinator.hasRunning && coordinator.drafts.isEmpty
      && coordinator.order.count >= batches.count { $0.seat == seat }
  }

  private mutating func checkTheEnd(of seat: Seat) {
    guard let coordinator = seat.coordinator else { return }
    for id in coordinator.order {
      guard let batch = coordinator.batches[id], let outcome = batch.outcome else { continue }
      let log = seat.disk.bytes(of: VirtualDisk.Log(batch: id, kind: .results)) ?? []
      checkers.results.check(batch.number, total: batch.total, log: log, outcome: outcome)
      figures.hedged += outcome.hedged
      figures.unknown += outcome.counts.unknown
      trace.fold(log)
    }
  }

  mutating func giveUp() {
    for batch in batches {
      let coordinator = seats[batch.seat].coordinator
      guard let id = batch.id, coordinator?.batches[id]?.outcome != nil else {
        checkers.liveness.stillRuns(batch, batch.id.flatMap { coordinator?.progress(of: $0) }, at: now)
        continue
      }
    }
    if checkers.liveness.failures.isEmpty, let batch = batches.first {
      checkers.liveness.stillRuns(batch, nil, at: now)
    }
    isOver = true
  }
}
