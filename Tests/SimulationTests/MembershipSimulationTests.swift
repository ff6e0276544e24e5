import Simulation
import Swim
import Testing

// One after the other: a minute of pure work side by side would keep every test thread of a small machine busy, and the
// deadlines of all other tests would pass meanwhile.
@Suite("membership in a virtual world", .serialized)
struct MembershipSimulationTests {
  static let quick = Scenario.names.filter { $0 != "long-partition" && $0 != "chaos" }

  @Test("every named scenario ends well", arguments: quick, [3, 5, 12])
  func named(_ name: String, _ members: Int) throws {
    for seed in UInt64(1)...2 { try expectSuccess(seed, members, #require(.named(name, seed: seed, members: members))) }
  }

  @Test("whatever faults come, all is well when they are over", arguments: UInt64(1)...36)
  func chaos(_ seed: UInt64) throws {
    let members = 3 + Int(seed * 7 % 10)
    try expectSuccess(seed, members, #require(.named("chaos", seed: seed, members: members)))
  }

  @Test("a partition that outlasts the listing of the dead heals by itself")
  func longPartition() throws {
    try expectSuccess(1, 4, #require(.named("long-partition", seed: 1, members: 4)))
  }

  @Test("fifty members notice one that is killed", arguments: [UInt64(1), 2])
  func fifty(_ seed: UInt64) throws {
    try expectSuccess(seed, 50, Scenario(name: "crash-50", text: "at 10s crash a\nby 20s all see a dead\nuntil 21s"))
  }

  @Test("nobody dies of one packet in twenty being lost", arguments: UInt64(1)...12)
  func loss(_ seed: UInt64) throws {
    let scenario = try Scenario(name: "loss-5", text: "loss 5%\nlatency 1ms 30ms\nuntil 90s")
    try expectSuccess(seed, 8, scenario)
  }

  @Test("the same seed gives the same trace, to the packet")
  func repeats() throws {
    let scenario = try #require(Scenario.named("chaos", seed: 5, members: 6))
    let first = MembershipSimulation.run(seed: 5, members: 6, scenario: scenario)
    let second = MembershipSimulation.run(seed: 5, members: 6, scenario: scenario)
    #expect(first.digest == second.digest)
    #expect(first.trace == second.trace)
    #expect(MembershipSimulation.run(seed: 6, members: 6, scenario: scenario).digest != first.digest)
  }

  @Test("a killed member is noticed as fast as by serf", arguments: [("local", 5.0), ("lan", 7.0)])
  func detection(_ profile: String, _ mostSeconds: Double) throws {
    let text = "profile \(profile)\nat 10s crash a\nby 40s all see a dead\nuntil 41s"
    let times = try (UInt64(1)...15).map { seed in
      let report = try MembershipSimulation.run(seed: seed, members: 5, scenario: Scenario(name: profile, text: text))
      #expect(report.passed, "\(report.text)")
      return try #require(report.detections.first).last / .seconds(1)
    }.sorted()
    #expect(times[times.count / 2] < mostSeconds)
  }

  @Test("a scenario from the folder of scenarios ends well", arguments: ScenarioFile.all)
  func files(_ file: ScenarioFile) throws {
    let scenario = try Scenario(name: file.name, text: file.text)
    for (seed, members) in [(1, 4), (2, 5), (3, 9)] { try expectSuccess(UInt64(seed), members, scenario) }
  }

  @Test("a report of a failure names the checker and the command that repeats it")
  func failureText() throws {
    let scenario = try Scenario(name: "calm", text: "by 5s all see 1 dead\nuntil 6s")
    let report = MembershipSimulation.run(seed: 9, members: 3, scenario: scenario)
    #expect(!report.passed)
    #expect(report.failures.allSatisfy { $0.checker == "expectation" })
    #expect(report.text.contains("repeat with: ignareo simulate membership --seed 9 --members 3 --scenario calm"))
  }

  private func expectSuccess(_ seed: UInt64, _ members: Int, _ scenario: Scenario) throws {
    let report = MembershipSimulation.run(seed: seed, members: members, scenario: scenario)
    #expect(report.passed, "\(report.text)")
  }
}
