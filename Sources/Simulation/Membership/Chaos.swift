import Clockwork
import Swim

extension Scenario {
  /// Faults drawn from a seed, one after another for two minutes, all of them mended at the end; then quiet.
  package static func chaos(seed: UInt64, members: Int) -> Scenario {
    var chaos = Chaos(seed: seed, members: members)
    return chaos.scenario()
  }
}

private struct Chaos {
  private var generator: SplitMix64
  private let members: Int
  private var steps: [Scenario.Step] = []
  private var time = Duration.seconds(8)

  private static let faults = 8

  init(seed: UInt64, members: Int) {
    generator = SplitMix64(seed: seed ^ 0x6368_616f_73)
    self.members = members
  }

  mutating func scenario() -> Scenario {
    weather()
    for _ in 0..<Self.faults {
      let member = Int.random(in: 0..<members, using: &generator)
      var other = Int.random(in: 0..<members - 1, using: &generator)
      if other >= member { other += 1 }
      trouble(member, other, lasts: .milliseconds(Int64.random(in: 500...20_000, using: &generator)))
      time += .milliseconds(Int64.random(in: 0...4000, using: &generator))
    }
    for calm in ["loss 0%", "reorder 0%", "duplicates 0%"] { add(calm) }
    return Scenario(name: "chaos", profile: .local, steps: steps, end: time + .seconds(90))
  }

  /// What lasts as long as the faults do; clocks go wrong for good.
  private mutating func weather() {
    add("loss \(Int.random(in: 0...8, using: &generator))%")
    add("reorder \(Int.random(in: 0...5, using: &generator))%")
    add("duplicates \(Int.random(in: 0...3, using: &generator))%")
    add("drift \(Int.random(in: 0...2, using: &generator))%")
  }

  private mutating func trouble(_ member: Int, _ other: Int, lasts: Duration) {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: add("crash \(member)", then: "restart \(member)", after: lasts)
    case 1: add("leave \(member)", then: "restart \(member)", after: lasts + .seconds(6))
    case 2: add("pause \(member)", then: "resume \(member)", after: lasts)
    case 3: add("partition half", then: "heal", after: lasts)
    case 4: add("cut \(member) \(other)", then: "mend \(member) \(other)", after: lasts)
    case 5: add("mute \(member) \(other)", then: "unmute \(member) \(other)", after: lasts)
    case 6: add("crash half", then: "restart rest", after: lasts)
    default: add("meta \(member) m\(steps.count)")
    }
  }

  private mutating func add(_ text: String, then undo: String, after lasts: Duration) {
    add(text)
    time += lasts
    add(undo)
  }

  private mutating func add(_ text: String) {
    guard let action = Scenario.action(text.split(separator: " ").map(String.init)) else {
      preconditionFailure("`\(text)` is no step of a scenario")
    }
    steps.append(Scenario.Step(time: time, action: action, text: text))
  }
}
