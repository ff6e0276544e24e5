import Clockwork
import Swim

extension Scenario {
  /// Faults drawn from a seed for a minute or two, some of them at the same time, all of them mended at the end; then
  /// quiet.
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
  /// When the last fault is mended.
  private var calmAt = Duration.zero
  private let isLocal: Bool

  private static let faults = 10
  private static let longestGap: Int64 = 16_000

  init(seed: UInt64, members: Int) {
    generator = SplitMix64(seed: seed ^ 0x6368_616f_73)
    self.members = members
    isLocal = Bool.random(using: &generator)
  }

  mutating func scenario() -> Scenario {
    weather()
    let lasting = Int.random(in: 0..<Self.faults, using: &generator)
    for number in 0..<Self.faults {
      let member = Int.random(in: 0..<members, using: &generator)
      var other = Int.random(in: 0..<members - 1, using: &generator)
      if other >= member { other += 1 }
      if number == lasting {
        add("crash \(member)", then: "restart \(member)", after: lastingCrash())
      } else {
        trouble(member, other, lasts: milliseconds(500...20_000))
      }
      time += milliseconds(0...Self.longestGap)
    }
    time = max(time, calmAt)
    for calm in ["loss 0%", "reorder 0%", "duplicates 0%"] { add(calm) }
    steps = steps.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    let profile = isLocal ? Swim.Configuration.local : .lan
    return Scenario(
      name: "chaos", profile: profile.asRun, steps: steps, end: time + (isLocal ? .seconds(90) : .seconds(150)))
  }

  private mutating func milliseconds(_ range: ClosedRange<Int64>) -> Duration {
    .milliseconds(Int64.random(in: range, using: &generator))
  }

  /// One that stays down until it must have been found dead, however the others fare: one fault of each run.
  private mutating func lastingCrash() -> Duration { milliseconds(isLocal ? 40_000...60_000 : 65_000...90_000) }

  /// What lasts as long as the faults do; clocks go wrong for good.
  private mutating func weather() {
    add("loss \(Int.random(in: 0...8, using: &generator))%")
    add("reorder \(Int.random(in: 0...5, using: &generator))%")
    add("duplicates \(Int.random(in: 0...3, using: &generator))%")
    add("drift \(Int.random(in: 0...2, using: &generator))%")
  }

  private mutating func trouble(_ member: Int, _ other: Int, lasts: Duration) {
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: add("crash \(member)", then: "restart \(member)", after: lasts)
    case 1: add("leave \(member)", then: "restart \(member)", after: lasts + .seconds(6))
    case 2: add("pause \(member)", then: "resume \(member)", after: lasts)
    case 3: add("partition half", then: "heal", after: lasts)
    case 4: add("cut \(member) \(other)", then: "mend \(member) \(other)", after: lasts)
    case 5: add("mute \(member) \(other)", then: "unmute \(member) \(other)", after: lasts)
    case 6: add("crash half", then: "restart rest", after: lasts)
    // Those through which all join stay where they are: who is down meanwhile would find nobody.
    case 7 where member > 2: add("crash \(member)", then: "restart \(member) elsewhere", after: lasts)
    default: add("meta \(member) m\(steps.count)")
    }
  }

  private mutating func add(_ text: String, then undo: String, after lasts: Duration) {
    add(text)
    add(undo, at: time + lasts)
    calmAt = max(calmAt, time + lasts)
  }

  private mutating func add(_ text: String, at moment: Duration? = nil) {
    guard let action = Scenario.action(text.split(separator: " ").map(String.init)) else {
      preconditionFailure("`\(text)` is no step of a scenario")
    }
    steps.append(Scenario.Step(time: moment ?? time, action: action, text: text))
  }
}
