import Simulation
import Testing

@Suite("scenarios as files", .serialized)
struct ScenarioFileTests {
  @Test("a scenario without a record ends well in clusters of several sizes", arguments: ScenarioFile.all)
  func ends(_ file: ScenarioFile) throws {
    let scenario = try file.scenario
    guard file.record == nil else { return }
    for (seed, members) in [(1, 4), (2, 5), (3, 9)] {
      let report = MembershipSimulation.run(seed: UInt64(seed), members: members, scenario: scenario)
      #expect(report.passed, "\(report.text)")
    }
  }

  @Test("a scenario with a record happens word for word", arguments: ScenarioFile.all.filter { $0.record != nil })
  func happens(_ file: ScenarioFile) throws {
    let scenario = try file.scenario
    let members = try #require(scenario.members, "a scenario with a record says `members N`")
    let seed = try #require(scenario.seed, "a scenario with a record says `seed S`")
    let report = MembershipSimulation.run(seed: seed, members: members, scenario: scenario)
    #expect(report.passed, "\(report.text)")
    if ScenarioFile.rewrites { return try file.rewrite(report.record) }
    let expected = try #require(file.record)
    #expect(!expected.isEmpty)
    let first = zip(report.record, expected).first { $0 != $1 }
    #expect(
      report.record == expected,
      """
      \(report.record.count) lines, not \(expected.count)
      first difference: \(first.map { "`\($0.0)`, not `\($0.1)`" } ?? "none")
      if it is meant: REWRITE_SCENARIOS=1 Tests/run --filter ScenarioFileTests, and read the difference
      """)
  }
}
