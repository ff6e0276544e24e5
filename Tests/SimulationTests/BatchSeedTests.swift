import Simulation
import Testing

/// Five hundred seeds, spread over all scenarios and over clusters small enough that it takes seconds.
/// `Tests/simulate` goes on with fresh ones.
@Suite("five hundred seeds of batches in a virtual world", .serialized)
struct BatchSeedTests {
  private static let shares = 20
  private static let seedsInShare = 25

  @Test("whatever the seed, all checkers pass", arguments: 0..<shares)
  func seeds(_ share: Int) throws {
    for seed in share * Self.seedsInShare..<(share + 1) * Self.seedsInShare {
      // Every other seed draws its own faults; the others take the named scenarios in turn.
      let name = seed % 2 == 0 ? "chaos" : BatchScenario.names[seed / 2 % BatchScenario.names.count]
      let scenario = try #require(BatchScenario.named(name, seed: UInt64(seed)))
      let report = BatchSimulation.run(seed: UInt64(seed), nodes: 1 + seed / 3 % 6, scenario: scenario)
      #expect(report.passed, "\(report.text)")
    }
  }
}
