import Clockwork

extension BatchScenario {
  /// Faults drawn from a seed, one after another and some at once, all of them mended at the end; then quiet.
  package static func chaos(seed: UInt64) -> BatchScenario {
    var chaos = BatchChaos(seed: seed)
    return chaos.scenario()
  }
}

private struct BatchChaos {
  private var generator: SplitMix64
  private var steps: [BatchScenario.Step] = []
  private var time = Duration.milliseconds(100)
  private var batches = 0
  private var coordinators = 1

  private static let faults = 10
  private static let nodes = 100

  init(seed: UInt64) { generator = SplitMix64(seed: seed ^ 0x6261_7463_68) }

  mutating func scenario() -> BatchScenario {
    weather()
    if Int.random(in: 0..<4, using: &generator) == 0 { coordinators = Int.random(in: 2...3, using: &generator) }
    submit()
    for _ in 0..<Self.faults {
      let node = Int.random(in: 0..<Self.nodes, using: &generator)
      trouble(node, lasts: .milliseconds([30, 300, 3_000, 20_000].randomElement(using: &generator)!))
      time += .milliseconds(Int64.random(in: 0...1_500, using: &generator))
    }
    steps = steps.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    let end = max(time, steps.last?.time ?? .zero) + .seconds(1)
    var scenario = BatchScenario(name: "chaos", steps: steps, end: end)
    scenario.coordinators = coordinators
    return scenario
  }

  /// What lasts as long as the faults do. In every other world the network is good.
  private mutating func weather() {
    if Bool.random(using: &generator) {
      for chance in BatchScenario.Chance.allCases where chance != .poison {
        add("\(chance) \(Int.random(in: 0...8, using: &generator))%", at: .zero)
      }
    }
    if Int.random(in: 0..<6, using: &generator) == 0 { add("poison 2%", at: .zero) }
    if Bool.random(using: &generator) { add("latency 1ms 50ms", at: .zero) }
    if Bool.random(using: &generator) { add("sync 5ms 80ms", at: .zero) }
    add("drift \(Int.random(in: 0...3, using: &generator))%", at: .zero)
  }

  private mutating func submit() {
    add("submit \(Int.random(in: 1...70, using: &generator))", at: time)
    // Some are cancelled, at once or later.
    if Int.random(in: 0..<4, using: &generator) == 0 {
      add("cancel \(batches)", at: time + .milliseconds([1, 15, 200, 3_000].randomElement(using: &generator)!))
    }
    batches += 1
  }

  private mutating func trouble(_ node: Int, lasts: Duration) {
    let after = time + lasts
    switch Int.random(in: 0..<12, using: &generator) {
    case 0: add("crash \(node)", then: "restart \(node)", at: after)
    case 1: add("partition \(node)", then: "heal \(node)", at: after)
    case 2: add("slow \(node)", then: "fast \(node)", at: after)
    case 3: add("refuse \(node)", then: "accept \(node)", at: after)
    case 4: add("suspect \(node)", at: time)
    case 5: add("drain \(node)", then: "restart \(node)", at: after + .seconds(5))
    case 6, 7: stop("kill", lasts)
    case 8: stop("power", lasts)
    case 9: add("full", then: "room", at: after)
    default: submit()
    }
  }

  private mutating func stop(_ how: String, _ lasts: Duration) {
    let coordinator = Int.random(in: 0..<coordinators, using: &generator)
    add("\(how) \(coordinator)", then: "start \(coordinator)", at: time + min(lasts, .seconds(3)))
  }

  private mutating func add(_ text: String, then undo: String, at end: Duration) {
    add(text, at: time)
    add(undo, at: end)
  }

  private mutating func add(_ text: String, at time: Duration) {
    guard let action = BatchScenario.action(text.split(separator: " ").map(String.init)) else {
      preconditionFailure("`\(text)` is no step of a scenario")
    }
    steps.append(BatchScenario.Step(time: time, action: action, text: text))
  }
}
