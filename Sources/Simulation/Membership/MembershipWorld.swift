import Clockwork
import Swim

/// The virtual world: its members, its network, what lies ahead, and who watches.
struct MembershipWorld {
  enum Event {
    case start(Int)
    case wake(Int, life: Int)
    case input(Int, life: Int, Swim.Input)
    /// A stream reaches its target.
    case connected(from: Int, life: Int, Swim.OutgoingExchange, to: Swim.Address, [UInt8])
    /// An answer reaches who opened the stream.
    case answered(Int, life: Int, Swim.OutgoingExchange, StreamAnswer)
    case step(Scenario.Step)
    case checkGone(Int, life: Int, Looking)
    /// One that pauses again and again; the round tells this order to pause from earlier ones.
    case standStill(Int, round: Int)
    case goOn(Int, round: Int)
    /// One that is behind reads the next of what has piled up.
    case readOn(Int, life: Int)
    case sample
  }

  enum StreamAnswer {
    case bytes([UInt8])
    case failure(String)
  }

  struct Opener {
    let node: Int
    let life: Int
    let exchange: Swim.OutgoingExchange
  }

  let seed: UInt64
  let scenario: Scenario
  let fault: PlantedFault?
  var generator: SplitMix64
  var network: VirtualNetwork
  var nodes: [VirtualNode] = []
  var heap = EventHeap<Event>()
  var now = Instant.zero
  var trace: Trace
  /// What each letter of the scenario stands for.
  var letters: [Character: Int] = [:]
  var drawable: [Int]
  var pausing: Scenario.Pausing?
  var pausingRound = 0
  /// How often something was done to a process or to the network.
  var disturbances = 0

  var openers: [UInt64: Opener] = [:]
  var lastIncoming: UInt64 = 0
  var abandoned: Set<[UInt64]> = []

  var checkers: Checkers
  var gauge: Gauge
  var snapshot: Swim?
  /// How many lines the trace had when something first failed.
  private var firstFailure: Int?
  private var effects: [Swim.Effect] = []

  /// Whose events are kept until somebody takes them: another world's, which this one is a part of.
  var listeners = 0..<0
  var news: [(listener: Int, event: MemberEvent)] = []

  private static let sampleInterval = Duration.seconds(5)

  init(seed: UInt64, members: Int, scenario: Scenario, fault: PlantedFault?) {
    (self.seed, self.scenario, self.fault) = (seed, scenario, fault)
    generator = SplitMix64(seed: seed)
    network = VirtualNetwork(members: members)
    trace = Trace(isKept: scenario.isChecked)
    checkers = Checkers(scenario.profile, members: members)
    gauge = Gauge(members: members)
    drawable = (1..<members).shuffled(using: &generator) + [0]
    for number in 0..<members {
      let machine = machine(number, at: VirtualNode.address(number), meta: [])
      nodes.append(VirtualNode(number: number, machine: machine))
    }
    if scenario.isWarm {
      let everybody = nodes.map(\.machine.me)
      for place in nodes.indices { nodes[place].machine.assume(everybody) }
    }
    for number in punctual() {
      heap.plan(.start(number), at: .zero + (scenario.isWarm ? .zero : generator.jitter(upTo: .seconds(1))))
    }
    for step in scenario.steps { heap.plan(.step(step), at: .zero + step.time) }
    if scenario.isChecked { heap.plan(.sample, at: .zero + Self.sampleInterval) }
  }

  mutating func run() -> Report {
    while let time = heap.nextTime, time <= .zero + scenario.end {
      advance()
      if firstFailure == nil, checkers.haveFailed { firstFailure = trace.lines.count }
    }
    if scenario.isChecked { checkers.convergence.check(nodes) }
    return Report(
      seed: seed, members: nodes.count, scenario: scenario, failures: checkers.failures, trace: trace.lines,
      firstFailure: firstFailure,
      record: trace.record, digest: trace.digest,
      figures: gauge.figures(at: now, nodes, crashChecks: checkers.completeness.crashChecks))
  }

  /// Lets the next thing happen.
  mutating func advance() {
    guard let (time, event) = heap.pop() else { return }
    now = time
    happen(event)
  }

  private mutating func happen(_ event: Event) {
    switch event {
    case .start(let number): start(number)
    case .wake(let number, let life):
      guard nodes[number].life == life, nodes[number].wakeAt == now, nodes[number].condition == .running else { return }
      nodes[number].wakeAt = nil
      feed(.wake, to: number)
    case .input(let number, let life, let input):
      guard nodes[number].life == life else { return }
      deliver(input, to: number)
    case .connected(let from, let life, let exchange, let to, let bytes):
      connected(Opener(node: from, life: life, exchange: exchange), to: to, bytes)
    case .answered(let number, let life, let exchange, let answer): answered(number, life, exchange, answer)
    case .step(let step):
      trace.line(now, "-- \(step.text)")
      perform(step.action, step.text)
      reviewExcuses()
    case .checkGone(let number, let life, let looking):
      guard nodes[number].life == life, !nodes[number].isUp, scenario.isChecked else { return }
      checkGone(number, looking)
    case .readOn(let number, let life):
      guard nodes[number].life == life else { return }
      readOn(number)
    case .standStill(let number, let round): standStill(number, round)
    case .goOn(let number, let round): goOn(number, round)
    case .sample:
      plantRollback()
      checkers.sample(nodes, over: Self.sampleInterval, at: now)
      endExcuses()
      heap.plan(.sample, at: now + Self.sampleInterval)
    }
  }

  /// An arrival: to a process that runs, into the sockets of one that is stopped or behind, or nowhere.
  mutating func deliver(_ input: Swim.Input, to number: Int) {
    guard nodes[number].isUp else { return }
    if nodes[number].condition == .running, nodes[number].backlog.isEmpty { return arrive(input, at: number) }
    if case .datagram = input, nodes[number].backlog.count >= VirtualNode.backlogDatagrams { return }
    nodes[number].backlog.append(input)
  }

  mutating func arrive(_ input: Swim.Input, at number: Int) {
    if case .datagram(let messages, _) = input { checkers.load.heard(messages, number) }
    feed(input, to: number)
  }

  mutating func feed(_ input: Swim.Input, to number: Int) {
    var effects = effects
    self.effects = []
    effects.removeAll(keepingCapacity: true)
    nodes[number].machine.handle(input, at: nodes[number].clock.shown(at: now), into: &effects)
    for effect in effects { perform(effect, of: number) }
    self.effects = effects
  }

  mutating func machine(_ number: Int, at address: Swim.Address, meta: [UInt8]) -> Swim {
    Swim(
      name: VirtualNode.name(number), address: address, meta: meta, configuration: scenario.profile,
      seed: generator.next())
  }

  /// Who starts in the first second.
  private mutating func punctual() -> [Int] {
    switch scenario.late {
    case .nobody: Array(nodes.indices)
    case .half: [0] + (1..<nodes.count).shuffled(using: &generator).prefix(nodes.count / 2)
    case .allBut(let count): Array(nodes.indices.prefix(count))
    }
  }
}
