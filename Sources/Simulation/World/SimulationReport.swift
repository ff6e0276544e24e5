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
  /// Equal for two runs in which every byte was the same.
  var digest: UInt64 { get }
  /// False for a run for its figures alone.
  var isChecked: Bool { get }
  /// Which run it was, and what it measured.
  var headline: String { get }
  var repeatCommand: String { get }
}

private let mostComplaints = 40
private let tailLines = 60

extension SimulationReport {
  package var passed: Bool { failures.isEmpty }

  /// One paragraph if all is well; else the failures, the end of the trace and the command that repeats it.
  package var text: String {
    guard !passed else {
      return headline + (isChecked ? ", digest \(String(digest, radix: 16))\nall checkers passed\n" : "\n")
    }
    let complaints = failures.prefix(mostComplaints).map { "FAILED \($0.checker): \($0.text)" }
    let more = failures.count - complaints.count
    let tail = trace.suffix(tailLines).joined(separator: "\n")
    return "\(headline)\n\(tail)\n\(complaints.joined(separator: "\n"))\n" + (more > 0 ? "and \(more) more\n" : "")
      + "repeat with: \(repeatCommand)\n"
  }
}
