import Simulation
import Testing

/// An hour is longer than the dead are gossiped to, listed or remembered by anybody but the machine's own dialling.
@Suite("a network that was cut for an hour", .serialized, .timeLimit(.minutes(5)))
struct PartitionTests {
  @Test(
    "heals by itself within 60 seconds of its return, whatever the profile and however it was cut",
    arguments: [("lan", "half"), ("wan", "half"), ("local", "1"), ("lan", "0")])
  func anHour(_ profile: String, _ side: String) throws {
    let members = 4
    let seen = (0..<members).map { "by 3670s all see \($0) alive" }
    let text = ["profile \(profile)", "at 10s partition \(side)", "at 3610s heal"] + seen + ["until 3671s"]
    let scenario = try Scenario(name: "an-hour-\(profile)-\(side)", text: text.joined(separator: "\n"))
    let report = MembershipSimulation.run(seed: 4, members: members, scenario: scenario)
    #expect(report.passed, "\(report.text)")
  }
}
