import Simulation
import Testing

/// Two hundred seeds, spread over all scenarios and over clusters small enough that it takes seconds.
/// `Tests/simulate` goes on with fresh ones.
@Suite("two hundred seeds in a virtual world", .serialized)
struct SeedTests {
  private static let shares = 20
  private static let seedsInShare = 10

  @Test("whatever the seed, all checkers pass", arguments: 0..<shares)
  func seeds(_ share: Int) throws {
    for seed in share * Self.seedsInShare..<(share + 1) * Self.seedsInShare {
      // Every other seed draws its own faults; the others take the named scenarios in turn.
      let name = seed % 2 == 0 ? "chaos" : Scenario.quick[seed / 2 % Scenario.quick.count]
      let members = 3 + seed / 3 % 5
      let scenario = try #require(Scenario.named(name, seed: UInt64(seed), members: members))
      let report = MembershipSimulation.run(seed: UInt64(seed), members: members, scenario: scenario)
      #expect(report.passed, "\(report.text)")
    }
  }
}
