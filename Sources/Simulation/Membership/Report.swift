import Swim

/// How a simulation of the membership machine ended.
package struct Report: SimulationReport {
  package typealias Failure = Simulation.Failure

  package let seed: UInt64
  package let members: Int
  package let scenario: Scenario
  package let failures: [Failure]
  package let trace: [String]
  /// What the scenario wanted recorded.
  package let record: [String]
  /// Equal for two runs in which every packet was the same.
  package let digest: UInt64
  package let figures: Figures

  package var isChecked: Bool { scenario.isChecked }

  package var repeatCommand: String {
    let lifeguard = Scenario.lifeguards.first { $0.value == scenario.profile.lifeguard }?.key ?? "on"
    return "ignareo simulate membership --seed \(seed) --members \(members) --scenario \(scenario.name)"
      + (scenario.profile.lifeguard == .whole ? "" : " --lifeguard \(lifeguard)")
  }

  package var headline: String {
    let sent = "\(figures.datagrams) datagrams, \(figures.bytes) bytes, \(figures.suspicions) suspicions"
    return "membership: scenario \(scenario.name), seed \(seed), \(members) members: \(sent)"
  }
}
