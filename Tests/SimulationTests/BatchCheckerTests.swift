import Simulation
import Testing

/// Each checker is shown something that it must not let pass: else it may have been asleep in all other tests.
@Suite("checkers of batches can fail", .serialized)
struct BatchCheckerTests {
  @Test("results: every tenth result is stored twice")
  func results() throws { try expect("results", .storesTwice, in: "calm") }

  @Test("repeats: what must not repeat is sent before the intent is durable, and the power goes")
  func repeats() throws {
    // The nodes cannot be asked what they hold until long after.
    let cut = (0...3).map { "at 1.15s partition \($0)\nat 30s heal \($0)\n" }.joined()
    let text = "sync 80ms 120ms\nat 1s submit 60\n\(cut)at 1.15s power\nat 1.3s start\nuntil 40s"
    try expect("repeats", .sendsAtOnce) { _ in try BatchScenario(name: "slow disk", text: text) }
  }

  @Test("readers: results are shown before they are durable, and the power goes")
  func readers() throws { try expect("readers", .showsAtOnce, in: "power") }

  @Test("readers: what a killed coordinator left in the kernel's memory is shown, and the power goes")
  func readersOfTheCache() throws { try expect("readers", .trustsTheCache, in: "power", seeds: 10...20) }

  @Test("sums: a task of each batch does not reach the scheduler")
  func sums() throws { try expect("sums", .losesTask, in: "calm") }

  @Test("limits: the scheduler hears of none")
  func limits() throws { try expect("limits", .impolite, in: "calm") }

  @Test("liveness: the scheduler does not hear of exchanges that break")
  func liveness() throws { try expect("liveness", .deaf, in: "network") }

  @Test("idleness: something wakes the scheduler again and again")
  func idleness() throws { try expect("idleness", .restless, in: "calm") }

  @Test("quarantine: nobody says that a node's process is another one")
  func quarantine() throws { try expect("quarantine", .forgivesDeaths, in: "poison", nodes: 1, seeds: 1...30) }

  @Test("fairness: nodes prefer one coordinator, and do not tell it of the others")
  func fairness() throws {
    let text = "coordinators 2\nat 0s slow 0\nat 0.1s submit 900\nat 0.2s submit 60\nat 0.3s submit 60\nuntil 100s"
    try expect("fairness", .takesSides, nodes: 1) { _ in try BatchScenario(name: "crowd", text: text) }
  }

  /// The same without the fault passes, so the failure is the fault's.
  private func expect(
    _ checker: String, _ fault: PlantedBatchFault, in name: String, nodes: Int = 4, seeds: ClosedRange<UInt64> = 1...20
  ) throws {
    try expect(checker, fault, nodes: nodes, seeds: seeds) { try #require(BatchScenario.named(name, seed: $0)) }
  }

  private func expect(
    _ checker: String, _ fault: PlantedBatchFault, nodes: Int = 4, seeds: ClosedRange<UInt64> = 1...20,
    in scenario: (UInt64) throws -> BatchScenario
  ) throws {
    var found: Set<String> = []
    for seed in seeds where !found.contains(checker) {
      let scenario = try scenario(seed)
      let report = BatchSimulation.run(seed: seed, nodes: nodes, scenario: scenario, fault: fault)
      found.formUnion(report.failures.map(\.checker))
      guard !report.passed else { continue }
      #expect(BatchSimulation.run(seed: seed, nodes: nodes, scenario: scenario).passed)
    }
    #expect(found.contains(checker), "found: \(found.sorted())")
  }
}
