import Clockwork
import Swim

extension Scenario {
  /// Faults drawn from a seed, one after another for two minutes, all of them mended at the end; then quiet.
  package static func chaos(seed: UInt64, members: Int) -> Scenario {
    var generator = SplitMix64(seed: seed ^ 0x6368_616f_73)
    var steps: [Step] = []
    var time = Duration.seconds(8)
    func add(_ action: Action, _ text: String) { steps.append(Step(time: time, action: action, text: text)) }
    add(.loss(Double(Int.random(in: 0...8, using: &generator)) / 100), "some loss")
    for _ in 0..<8 {
      let member = Int.random(in: 0..<members, using: &generator)
      let other = Int.random(in: 0..<members, using: &generator)
      let lasts = Duration.milliseconds(Int64.random(in: 500...20_000, using: &generator))
      let target = MemberReference.number(member)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0:
        add(.crash(target), "crash \(member)")
        time += lasts
        add(.restart(target), "restart \(member)")
      case 1:
        add(.leave(target), "leave \(member)")
        time += lasts + .seconds(6)
        add(.restart(target), "restart \(member)")
      case 2:
        add(.pause(target), "pause \(member)")
        time += lasts
        add(.resume(target), "resume \(member)")
      case 3:
        add(.partition(.half), "partition half")
        time += lasts
        add(.heal, "heal")
      case 4 where member != other:
        add(.cut(target, .number(other)), "cut \(member) \(other)")
        time += lasts
        add(.mend(target, .number(other)), "mend \(member) \(other)")
      default: add(.meta(target, "m\(steps.count)"), "meta \(member) m\(steps.count)")
      }
      time += .milliseconds(Int64.random(in: 0...4000, using: &generator))
    }
    add(.loss(0), "loss 0%")
    return Scenario(name: "chaos", profile: .local, steps: steps, end: time + .seconds(90))
  }
}
