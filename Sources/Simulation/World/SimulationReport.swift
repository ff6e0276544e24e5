/// What a checker found.
package struct Failure: Sendable, Hashable {
  /// Which checker found it.
  package let checker: String
  package let text: String
}

/// How a simulation ended.
package protocol SimulationReport: Sendable {
  var failures: [Failure] { get }
  var trace: [String] { get }
  /// The number of lines of the trace before the first failure; nil where nothing failed before the end.
  var firstFailure: Int? { get }
  /// Equal for two runs in which every byte was the same.
  var digest: UInt64 { get }
  /// False for a run for its figures alone.
  var isChecked: Bool { get }
  /// Which run it was, and what it measured.
  var headline: String { get }
  /// For a shell.
  var repeatCommand: String { get }
}

private let linesBefore = 50
private let linesAfter = 10
private let mostComplaints = 40

extension SimulationReport {
  package var passed: Bool { failures.isEmpty }

  /// One paragraph if all is well; else the trace around the first failure, the failures and how to repeat it.
  package var text: String {
    guard !passed else {
      return headline + (isChecked ? ", digest \(String(digest, radix: 16))\nall checkers passed\n" : "\n")
    }
    let complaints = failures.prefix(mostComplaints).map { "FAILED \($0.checker): \($0.text)" }
    let more = failures.count - complaints.count
    return "\(headline)\n\(excerpt)\n\(complaints.joined(separator: "\n"))\n" + (more > 0 ? "and \(more) more\n" : "")
      + "repeat with: \(repeatCommand)\n"
  }

  /// The trace around the first failure: what came before it is the cause, what follows is often its consequence.
  private var excerpt: String {
    let place = min(firstFailure ?? trace.count, trace.count)
    let before = trace[..<place].suffix(linesBefore)
    let after = trace[place...].prefix(linesAfter)
    let rest = trace.count - place - after.count
    let lines =
      before + (firstFailure == nil ? [] : ["^^ here something failed first"]) + after
      + (rest > 0 ? ["(\(rest) more lines: --trace FILE writes all)"] : [])
    return lines.joined(separator: "\n")
  }
}
