import Clockwork
import Swim

/// The virtual world: its members, its network, what lies ahead, and who watches.
struct MembershipWorld {
  enum Event {
    case start(Int)
    case wake(Int, life: Int)
    case input(Int, life: Int, Swim.Input)
    /// A stream reaches its target.
    case connected(from: Int, life: Int, Swim.OutgoingExchange, to: Int, [UInt8])
    /// An answer reaches who opened the stream.
    case answered(Int, life: Int, Swim.OutgoingExchange, StreamAnswer)
    case step(Scenario.Step)
    case checkGone(Int, life: Int, isLeave: Bool)
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
  var generator: SplitMix64
  var network: VirtualNetwork
  var nodes: [VirtualNode] = []
  var heap = EventHeap<Event>()
  var now = Instant.zero
  var trace = Trace()
  /// What each letter of the scenario stands for.
  var letters: [Character: Int] = [:]
  var drawable: [Int]

  var openers: [UInt64: Opener] = [:]
  var lastIncoming: UInt64 = 0
  var abandoned: Set<[UInt64]> = []

  var accuracy = AccuracyChecker()
  var completeness = CompletenessChecker()
  var convergence = ConvergenceChecker()
  var incarnations: IncarnationChecker
  var packetSizes = PacketSizeChecker()
  var unmet: [Report.Failure] = []
  var crashes: [(node: Int, life: Int, at: Instant, seen: [Instant])] = []
  var (packets, bytes, suspicions) = (0, 0, 0)
  private var effects: [Swim.Effect] = []

  init(seed: UInt64, members: Int, scenario: Scenario) {
    self.seed = seed
    self.scenario = scenario
    generator = SplitMix64(seed: seed)
    network = VirtualNetwork(members: members)
    incarnations = IncarnationChecker(scenario.profile)
    drawable = (1..<members).shuffled(using: &generator) + [0]
    for number in 0..<members {
      nodes.append(VirtualNode(number: number, machine: machine(number, meta: [])))
      heap.plan(.start(number), at: .zero + generator.jitter(upTo: .seconds(1)))
    }
    for step in scenario.steps { heap.plan(.step(step), at: .zero + step.time) }
    heap.plan(.sample, at: .zero + .seconds(5))
  }

  mutating func run() -> Report {
    while let time = heap.nextTime, time <= .zero + scenario.end, let (time, event) = heap.pop() {
      now = time
      happen(event)
    }
    convergence.check(nodes)
    let failures =
      accuracy.failures + completeness.failures + convergence.failures + incarnations.failures + packetSizes.failures
      + unmet
    return Report(
      seed: seed, members: nodes.count, scenario: scenario.name, failures: failures, trace: trace.lines,
      digest: trace.digest, packets: packets, bytes: bytes, suspicions: suspicions, detections: detections)
  }

  private var detections: [Report.Detection] {
    crashes.compactMap { crash in
      guard let first = crash.seen.first, let last = crash.seen.last else { return nil }
      return Report.Detection(first: first - crash.at, last: last - crash.at)
    }
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
    case .checkGone(let number, let life, let isLeave):
      guard nodes[number].life == life, !nodes[number].isUp else { return }
      completeness.check(nodes[number], in: nodes, at: now, isLeave: isLeave)
    case .sample:
      sample()
      heap.plan(.sample, at: now + .seconds(5))
    }
  }

  private mutating func sample() {
    for node in nodes where node.condition == .running {
      for member in node.machine.members(at: now).dropFirst() { incarnations.saw(member, by: node) }
    }
  }

  /// An arrival: to a process that runs, into the sockets of one that is stopped, or nowhere.
  mutating func deliver(_ input: Swim.Input, to number: Int) {
    switch nodes[number].condition {
    case .running: feed(input, to: number)
    case .paused: nodes[number].backlog.append(input)
    case .waiting, .crashed, .left: break
    }
  }

  mutating func feed(_ input: Swim.Input, to number: Int) {
    var effects = effects
    self.effects = []
    effects.removeAll(keepingCapacity: true)
    nodes[number].machine.handle(input, at: now, into: &effects)
    for effect in effects { perform(effect, of: number) }
    self.effects = effects
  }

  mutating func machine(_ number: Int, meta: [UInt8]) -> Swim {
    Swim(
      name: VirtualNode.name(number), address: VirtualNode.address(number), meta: meta,
      configuration: scenario.profile, seed: generator.next())
  }
}
