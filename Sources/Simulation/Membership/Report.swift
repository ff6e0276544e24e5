/// How a simulation ended.
package struct Report: Sendable {
  package struct Failure: Sendable, Hashable {
    /// Which checker found it.
    package let checker: String
    package let text: String
  }

  package let seed: UInt64
  package let members: Int
  package let scenario: String
  package let failures: [Failure]
  package let trace: [String]
  /// Equal for two runs in which every packet was the same.
  package let digest: UInt64
  package let packets: Int
  package let bytes: Int
  package let suspicions: Int
  /// For each crash: until the first and until the last of the others took it for dead.
  package let detections: [Detection]

  package struct Detection: Sendable, Equatable {
    package var first: Duration
    package var last: Duration
  }

  package var passed: Bool { failures.isEmpty }

  package var repeatCommand: String {
    "ignareo simulate membership --seed \(seed) --members \(members) --scenario \(scenario)"
  }

  /// One paragraph if all is well; else the failures, the end of the trace and the command that repeats it.
  package var text: String {
    let packetsText = "\(packets) datagrams, \(bytes) bytes, \(suspicions) suspicions"
    let head = "membership: scenario \(scenario), seed \(seed), \(members) members: \(packetsText)"
    guard !passed else { return head + "\nall checkers passed\n" }
    let complaints = failures.map { "FAILED \($0.checker): \($0.text)" }.joined(separator: "\n")
    let tail = trace.suffix(60).joined(separator: "\n")
    return "\(head)\n\(tail)\n\(complaints)\nrepeat with: \(repeatCommand)\n"
  }
}
