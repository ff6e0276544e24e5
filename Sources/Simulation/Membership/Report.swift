import Swim

/// How a simulation of the membership machine ended.
package struct Report: SimulationReport {
  package typealias Failure = Simulation.Failure

  package let seed: UInt64
  package let members: Int
  package let scenario: Scenario
  package let failures: [Failure]
  package let trace: [String]
  package let firstFailure: Int?
  /// What the scenario wanted recorded.
  package let record: [String]
  package let digest: UInt64
  package let figures: Figures

  package var repeatCommand: String {
    let (before, name) =
      switch scenario.origin {
      case .builtIn: ("", scenario.name)
      case .file(let path): ("", Shell.quoted(path))
      case .inline(let text): ("printf %s \(Shell.quoted(text)) >scenario.txt; ", "scenario.txt")
      }
    let lifeguard = Scenario.lifeguards.first { $0.value == scenario.profile.lifeguard }?.key ?? "on"
    return before + "ignareo simulate membership --seed \(seed) --members \(members) --scenario \(name)"
      + (scenario.profile.lifeguard == .whole ? "" : " --lifeguard \(lifeguard)")
  }

  package var headline: String {
    let sent = "\(figures.datagrams) datagrams, \(figures.bytes) bytes, \(figures.suspicions) suspicions"
    return "membership: scenario \(scenario.name), seed \(seed), \(members) members: \(sent)"
      + (passed && scenario.isChecked ? ", \(figures.crashChecks) looks for crashed members" : "")
  }

  package var isChecked: Bool { scenario.isChecked }
}
