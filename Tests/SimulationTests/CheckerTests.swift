import Simulation
import Swim
import Testing

/// Each checker is shown something that it must not let pass: else it may have been asleep in all other tests.
@Suite("checkers can fail")
struct CheckerTests {
  @Test("completeness: a crashed member that rumours keep alive")
  func completeness() throws {
    let rumours = (2...40).map { "at \(9 + $0)s 0 hears alive 3 \($0)" }.joined(separator: "\n")
    try expect("completeness", "at 10.5s crash 3\n\(rumours)\nuntil 60s")
  }

  @Test("accuracy: a running member that all others are told is dead")
  func accuracy() throws { try expect("accuracy", "at 10s 0 hears dead 2 1 from 1\nuntil 30s") }

  @Test("convergence: a member that others hold at an incarnation which it never had")
  func convergence() throws { try expect("convergence", "at 29.999s 0 hears alive 2 9\nuntil 30s") }

  @Test("incarnations: a member that is set back to an earlier state of itself")
  func incarnations() throws {
    try expect("incarnations", "at 10s meta 2 one\nuntil 30s", fault: .rollback)
  }

  @Test("packet size: members that are configured for larger packets than all networks carry")
  func packetSize() throws {
    var scenario = try Scenario(name: "planted", text: "late 3\nat 5s restart rest\nuntil 20s")
    scenario.profile.packetBytes = 4000
    let report = MembershipSimulation.run(seed: 1, members: 60, scenario: scenario)
    #expect(report.failures.contains { $0.checker == "packet size" })
  }

  @Test("load: a member that sends everything forty times")
  func load() throws { try expect("load", "until 30s", fault: .chatter) }

  @Test("memory: members that are told of many who do not exist")
  func memory() throws {
    let rumours = (100...120).map { "at 10s 0 hears alive \($0) 1" }.joined(separator: "\n")
    try expect("memory", "\(rumours)\nuntil 20s")
  }

  @Test("expectations: a state that a member is not in")
  func expectation() throws { try expect("expectation", "by 5s all see 1 dead\nuntil 6s") }

  /// The same without the fault passes, so the failure is the fault's.
  private func expect(_ checker: String, _ text: String, fault: PlantedFault? = nil) throws {
    let scenario = try Scenario(name: "planted", text: text)
    let report = MembershipSimulation.run(seed: 1, members: 5, scenario: scenario, fault: fault)
    #expect(Set(report.failures.map(\.checker)).contains(checker), "\(report.text)")
    let calm = try Scenario(name: "calm", text: "at 10s meta 2 one\nuntil 30s")
    #expect(MembershipSimulation.run(seed: 1, members: 5, scenario: calm).passed)
  }
}
