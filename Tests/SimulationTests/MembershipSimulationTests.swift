import Simulation
import Swim
import Testing

// One after the other: a minute of pure work side by side would keep every test thread of a small machine busy, and the
// deadlines of all other tests would pass meanwhile.
@Suite("membership in a virtual world", .serialized)
struct MembershipSimulationTests {
  @Test("every named scenario ends well", arguments: Scenario.quick)
  func named(_ name: String) throws {
    try expectSuccess(7, 9, #require(.named(name, seed: 7, members: 9)))
  }

  @Test("a partition that outlasts the listing of the dead heals by itself")
  func longPartition() throws {
    try expectSuccess(1, 4, #require(.named("long-partition", seed: 1, members: 4)))
  }

  @Test("fifty members notice one that is killed", arguments: [UInt64(1), 2])
  func fifty(_ seed: UInt64) throws {
    try expectSuccess(seed, 50, Scenario(name: "crash-50", text: "at 10s crash a\nby 20s all see a dead\nuntil 21s"))
  }

  @Test(
    "nobody healthy is taken for dead in ten minutes in which one packet in twenty is lost", arguments: UInt64(1)...2)
  func loss(_ seed: UInt64) throws {
    try expectSuccess(seed, 8, #require(.named("loss-10min", seed: seed, members: 8)))
  }

  @Test("members that stand still again and again take healthy ones for dead, but not with Lifeguard")
  func lifeguard() throws {
    let text = "profile lan\nwarm\nunchecked\nat 5s pausing 20% 5s 20s\nuntil 100s"
    let deaths = try ["off", "on"].map { part in
      let scenario = try Scenario(name: "starved", text: "lifeguard \(part)\n\(text)")
      return (UInt64(1)...2).reduce(0) { sum, seed in
        let deaths = MembershipSimulation.run(seed: seed, members: 16, scenario: scenario).figures.deaths
        return sum + deaths.ofHealthyAtHealthy + deaths.ofHealthyAtAfflicted
      }
    }
    #expect(deaths[0] > 0 && deaths[1] == 0, "\(deaths)")
  }

  @Test("what a calm member sends does not depend on the size of the cluster")
  func load() throws {
    let loads = try [5, 20, 80].map { members in
      let scenario = try #require(Scenario.named("scale-load", seed: 1, members: members))
      return MembershipSimulation.run(seed: 1, members: members, scenario: scenario).figures.load
    }
    // One ping and one ack a second.
    for load in loads { #expect(1.9...2.1 ~= load.datagrams && load.busiestDatagrams < 2.6, "\(load)") }
  }

  @Test("the same seed gives the same trace, to the packet")
  func repeats() throws {
    let scenario = try #require(Scenario.named("chaos", seed: 5, members: 6))
    let first = MembershipSimulation.run(seed: 5, members: 6, scenario: scenario)
    let second = MembershipSimulation.run(seed: 5, members: 6, scenario: scenario)
    #expect(first.digest == second.digest)
    #expect(first.trace == second.trace)
    #expect(first.figures == second.figures)
    #expect(MembershipSimulation.run(seed: 6, members: 6, scenario: scenario).digest != first.digest)
  }

  @Test(
    "half of the killed members are noticed by all within seconds: 5 on one machine, 7 in a building",
    arguments: [("local", 5.0), ("lan", 7.0)])
  func detection(_ profile: String, _ mostSeconds: Double) throws {
    let text = "profile \(profile)\nat 10s crash a\nby 40s all see a dead\nuntil 41s"
    let times = try (UInt64(1)...15).map { seed in
      let report = try MembershipSimulation.run(seed: seed, members: 5, scenario: Scenario(name: profile, text: text))
      #expect(report.passed, "\(report.text)")
      return try #require(report.figures.detections.first).last / .seconds(1)
    }.sorted()
    #expect(times[times.count / 2] < mostSeconds)
  }

  @Test("a report of a failure names the checker and the command that repeats it")
  func failureText() throws {
    var scenario = try Scenario(name: "calm", text: "by 5s all see 1 dead\nuntil 6s")
    let command = "ignareo simulate membership --seed 9 --members 3 --scenario"
    for (origin, expected) in [
      (Scenario.Origin.builtIn, "\(command) calm"),
      (.file("Tests/Scenarios/x.txt"), "\(command) Tests/Scenarios/x.txt"),
      (.file("my file.txt"), "\(command) 'my file.txt'"),
      (.inline("until 6s\n# it's"), "printf %s 'until 6s\n# it'\\''s' >scenario.txt; \(command) scenario.txt"),
    ] {
      scenario.origin = origin
      let report = MembershipSimulation.run(seed: 9, members: 3, scenario: scenario)
      #expect(!report.passed)
      #expect(report.failures.allSatisfy { $0.checker == "expectation" })
      #expect(report.text.contains("repeat with: \(expected)\n"))
    }
    #expect(try Scenario(name: "x", text: "until 6s").origin == .inline("until 6s"))
    #expect(try #require(Scenario.named("calm", seed: 1, members: 3)).origin == .builtIn)
  }

  private func expectSuccess(_ seed: UInt64, _ members: Int, _ scenario: Scenario) throws {
    let report = MembershipSimulation.run(seed: seed, members: members, scenario: scenario)
    #expect(report.passed, "\(report.text)")
  }
}
