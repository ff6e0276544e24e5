import Clockwork
import Swim

/// Whoever crashed or left is known to be gone by everybody within the profile's bound.
struct CompletenessChecker {
  private(set) var failures: [Report.Failure] = []
  private(set) var crashChecks = 0

  /// The contract's bounds: 10 s on one machine, 30 s in a building. A suspect's time grows with the logarithm of a
  /// larger cluster, and whose turn it is to be probed is left to chance.
  static func bound(_ profile: Swim.Configuration, members: Int, isLeave: Bool) -> Duration {
    if isLeave { return profile.probeInterval * 3 }
    let isLocal = profile.suspicionMultiplier == Swim.Configuration.local.suspicionMultiplier
    let isLAN = profile.suspicionMultiplier == Swim.Configuration.lan.suspicionMultiplier
    let small: Duration = isLocal ? .seconds(10) : isLAN ? .seconds(30) : .seconds(150)
    let digits = String(members).count
    return members <= 20 ? small : small * (digits + 1) / 2
  }

  mutating func check(_ subject: VirtualNode, in nodes: [VirtualNode], at now: Instant, isLeave: Bool) {
    for node in nodes where node.condition == .running && node.excusedUntil < now && node.number != subject.number {
      if !isLeave { crashChecks += 1 }
      guard let member = node.machine.member(named: subject.name) else { continue }
      guard member.state == .alive || member.state == .suspect else { continue }
      let text = "\(subject.name) \(isLeave ? "left" : "crashed"), and \(node.name) still holds it \(member.state)"
      failures.append(Report.Failure(checker: "completeness", text: text + " at \(now.inWholeMilliseconds) ms"))
    }
  }
}

extension Instant {
  var inWholeMilliseconds: Int64 { nanoseconds / 1_000_000 }
}
