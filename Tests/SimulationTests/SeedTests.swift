import Simulation
import Swim
import Testing

/// Two hundred seeds, spread over all scenarios and over clusters small enough that it takes seconds.
/// `Tests/simulate` goes on with fresh ones.
@Suite("two hundred seeds in a virtual world", .serialized)
struct SeedTests {
  private static let shares = 20
  private static let seedsInShare = 10

  @Test("whatever the seed, all checkers pass", arguments: 0..<shares)
  func seeds(_ share: Int) throws {
    var looks = 0
    for seed in share * Self.seedsInShare..<(share + 1) * Self.seedsInShare {
      // Every other seed draws its own faults; the others take the named scenarios in turn.
      let name = seed % 2 == 0 ? "chaos" : Scenario.quick[seed / 2 % Scenario.quick.count]
      let members = 3 + seed / 3 % 5
      let scenario = try #require(Scenario.named(name, seed: UInt64(seed), members: members))
      let report = MembershipSimulation.run(seed: UInt64(seed), members: members, scenario: scenario)
      #expect(report.passed, "\(report.text)")
      looks += report.figures.crashChecks
    }
    #expect(looks > 0, "no crash lasted until it had to be known: nothing was said about completeness")
  }

  @Test("faults drawn from a seed overlap, come in both profiles, and let crashes last until they must be known")
  func drawn() throws {
    var (profiles, looks) = (Set<Int>(), 0)
    for seed in UInt64(1)...10 {
      let scenario = Scenario.chaos(seed: seed, members: 5)
      #expect(zip(scenario.steps, scenario.steps.dropFirst()).allSatisfy { $0.time <= $1.time })
      profiles.insert(scenario.profile.suspicionMultiplier)
      looks += MembershipSimulation.run(seed: seed, members: 5, scenario: scenario).figures.crashChecks
    }
    #expect(profiles.count == 2)
    #expect(looks > 10, "\(looks)")
  }
}
