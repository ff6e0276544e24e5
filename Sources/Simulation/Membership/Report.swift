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
  /// The number of lines of the trace before the first failure; nil where nothing failed before the end.
  package let firstFailure: Int?
  /// What the scenario wanted recorded.
  package let record: [String]
  /// Equal for two runs in which every packet was the same.
  package let digest: UInt64
  package let figures: Figures

  package var passed: Bool { failures.isEmpty }

  /// For a shell.
  package var repeatCommand: String {
    let (before, name) =
      switch scenario.origin {
      case .builtIn: ("", scenario.name)
      case .file(let path): ("", Self.quoted(path))
      case .inline(let text): ("printf %s \(Self.quoted(text)) >scenario.txt; ", "scenario.txt")
      }
    let lifeguard = Scenario.lifeguards.first { $0.value == scenario.profile.lifeguard }?.key ?? "on"
    return before + "ignareo simulate membership --seed \(seed) --members \(members) --scenario \(name)"
      + (scenario.profile.lifeguard == .whole ? "" : " --lifeguard \(lifeguard)")
  }

  private static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy {
      "./-_".utf8.contains($0) || Character(UnicodeScalar($0)).isLetter || 48...57 ~= $0
    }
    if plain, !text.isEmpty, text.utf8.allSatisfy({ $0 < 128 }) { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// One paragraph if all is well; else the trace around the first failure, the failures and how to repeat it.
  package var text: String {
    let sent = "\(figures.datagrams) datagrams, \(figures.bytes) bytes, \(figures.suspicions) suspicions"
    let head = "membership: scenario \(scenario.name), seed \(seed), \(members) members: \(sent)"
    guard !passed else {
      guard scenario.isChecked else { return head + "\n" }
      let looks = "\(figures.crashChecks) looks for crashed members"
      return head + ", \(looks), digest \(String(digest, radix: 16))\nall checkers passed\n"
    }
    let complaints = failures.prefix(Self.mostComplaints).map { "FAILED \($0.checker): \($0.text)" }
    let more = failures.count - complaints.count
    return "\(head)\n\(excerpt)\n\(complaints.joined(separator: "\n"))\n" + (more > 0 ? "and \(more) more\n" : "")
      + "repeat with: \(repeatCommand)\n"
  }

  /// The trace around the first failure: what came before it is the cause, what follows is often its consequence.
  private var excerpt: String {
    let place = min(firstFailure ?? trace.count, trace.count)
    let before = trace[..<place].suffix(Self.linesBefore)
    let after = trace[place...].prefix(Self.linesAfter)
    let rest = trace.count - place - after.count
    let lines =
      before + (firstFailure == nil ? [] : ["^^ here something failed first"]) + after
      + (rest > 0 ? ["(\(rest) more lines: --trace FILE writes all)"] : [])
    return lines.joined(separator: "\n")
  }

  private static let linesBefore = 50
  private static let linesAfter = 10
  private static let mostComplaints = 40
}
