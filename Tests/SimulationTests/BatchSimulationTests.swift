import Simulation
import Testing

@Suite("batches in a virtual world", .serialized)
struct BatchSimulationTests {
  @Test("every named scenario ends well, with one node and with a few", arguments: BatchScenario.names)
  func named(_ name: String) throws { try expectSuccess(name, [(3, 1), (7, 9)]) }

  @Test("so do chaos with a hundred nodes and a loss of power with forty", arguments: [("chaos", 100), ("power", 40)])
  func many(_ name: String, _ nodes: Int) throws { try expectSuccess(name, [(9, nodes)]) }

  private func expectSuccess(_ name: String, _ runs: [(seed: Int, nodes: Int)]) throws {
    for (seed, nodes) in runs {
      let scenario = try #require(BatchScenario.named(name, seed: UInt64(seed)))
      let report = BatchSimulation.run(seed: UInt64(seed), nodes: nodes, scenario: scenario)
      #expect(report.passed, "\(report.text)")
    }
  }

  @Test("the same seed gives the same trace, to the byte on the disk")
  func repeats() throws {
    let scenario = try #require(BatchScenario.named("chaos", seed: 5))
    let first = BatchSimulation.run(seed: 5, nodes: 6, scenario: scenario)
    let second = BatchSimulation.run(seed: 5, nodes: 6, scenario: scenario)
    #expect(first.digest == second.digest)
    #expect(first.trace == second.trace)
    #expect(first.figures == second.figures)
    #expect(BatchSimulation.run(seed: 6, nodes: 6, scenario: scenario).digest != first.digest)
  }

  @Test("in the worlds of the seeds there happens what they are for")
  func worlds() throws {
    func figures(_ name: String) throws -> BatchFigures {
      var sum = BatchFigures()
      for seed in UInt64(1)...12 {
        let scenario = try #require(BatchScenario.named(name, seed: seed))
        let figures = BatchSimulation.run(seed: seed, nodes: 5, scenario: scenario).figures
        #expect(figures.tasks == figures.results)
        sum.attempts += figures.attempts
        sum.tasks += figures.tasks
        sum.unknown += figures.unknown
        sum.hedged += figures.hedged
        sum.recoveries += figures.recoveries
      }
      return sum
    }
    let calm = try figures("calm")
    #expect(calm.recoveries == 0 && calm.unknown == 0 && calm.attempts >= calm.tasks)
    let power = try figures("power")
    #expect(power.recoveries >= 12 * 5 && power.unknown > 0 && power.attempts > 0)
    #expect(try figures("slow").hedged > 0)
  }

  @Test("a report of a failure names the checker and the command that repeats it")
  func failureText() throws {
    let scenario = try #require(BatchScenario.named("calm", seed: 1))
    let report = BatchSimulation.run(seed: 1, nodes: 3, scenario: scenario, fault: .losesTask)
    #expect(!report.passed)
    #expect(report.text.contains("FAILED sums: batch "))
    #expect(report.text.contains("repeat with: ignareo simulate batch --seed 1 --nodes 3 --scenario calm"))
  }
}
