import Swim

/// How a simulation ended.
package struct Report: Sendable {
  package struct Failure: Sendable, Hashable {
    /// Which checker found it.
    package let checker: String
    package let text: String
  }

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

  package var passed: Bool { failures.isEmpty }

  package var repeatCommand: String {
    let lifeguard = Scenario.lifeguards.first { $0.value == scenario.profile.lifeguard }?.key ?? "on"
    return "ignareo simulate membership --seed \(seed) --members \(members) --scenario \(scenario.name)"
      + (scenario.profile.lifeguard == .whole ? "" : " --lifeguard \(lifeguard)")
  }

  /// One paragraph if all is well; else the failures, the end of the trace and the command that repeats it.
  package var text: String {
    let sent = "\(figures.datagrams) datagrams, \(figures.bytes) bytes, \(figures.suspicions) suspicions"
    let head = "membership: scenario \(scenario.name), seed \(seed), \(members) members: \(sent)"
    guard !passed else {
      return head + (scenario.isChecked ? ", digest \(String(digest, radix: 16))\nall checkers passed\n" : "\n")
    }
    let complaints = failures.prefix(Self.mostComplaints).map { "FAILED \($0.checker): \($0.text)" }
    let more = failures.count - complaints.count
    let tail = trace.suffix(60).joined(separator: "\n")
    return "\(head)\n\(tail)\n\(complaints.joined(separator: "\n"))\n" + (more > 0 ? "and \(more) more\n" : "")
      + "repeat with: \(repeatCommand)\n"
  }

  private static let mostComplaints = 40
}
