package import HTTP

/// A command line taken apart: each flag's texts, and readers that turn them into values or say what is wrong with
/// them.
///
/// Asking for a flag that was not declared is a mistake in the program and traps.
package struct ScannedFlags {
  package enum Origin: Sendable { case commandLine, environment }

  private struct Found {
    var texts: [String]
    var origin: Origin
  }

  private let declared: [String: Flag]
  private var found: [String: Found] = [:]
  /// What is no flag, in order.
  package var operands: [String] = []

  init(declared: [String: Flag]) { self.declared = declared }

  mutating func add(_ text: String, of flag: Flag, from origin: Origin) {
    found[flag.name, default: Found(texts: [], origin: origin)].texts.append(text)
  }

  package func has(_ name: String) -> Bool { !texts(name).isEmpty }

  package func texts(_ name: String) -> [String] {
    precondition(declared[name] != nil, "the flag --\(name) is read but not declared")
    return found[name]?.texts ?? []
  }

  package func text(_ name: String) -> String? { texts(name).last }

  /// `flag --x: why`, or `IGNAREO_X: why` when the environment gave it.
  package func error(_ name: String, _ why: String) -> UsageError {
    let isFromEnvironment = found[name]?.origin == .environment
    let origin = isFromEnvironment ? declared[name]?.variable : nil
    return UsageError(origin: origin ?? "flag --\(name)", why: why)
  }

  package func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = text(name) else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw error(name, "'\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A number of seconds, fractions allowed.
  package func seconds(_ name: String) throws(UsageError) -> Duration? {
    guard let text = text(name) else { return nil }
    guard let value = Double(text), value >= 0, value <= 1e9 else {
      throw error(name, "'\(text)' is not a number of seconds, such as 30 or 0.5")
    }
    return .nanoseconds(Int64(value * 1e9))
  }

  /// One of an enum's cases by its raw text.
  package func choice<Choice>(_ name: String, of: Choice.Type) throws(UsageError) -> Choice?
  where Choice: RawRepresentable<String> & CaseIterable {
    guard let text = text(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw error(name, "'\(text)' is none of \(all)")
    }
    return choice
  }

  /// `K=V` texts in order; a key that comes twice keeps its last value.
  package func pairs(_ name: String) throws(UsageError) -> [(key: String, value: String)] {
    var pairs: [(key: String, value: String)] = []
    for text in texts(name) {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else { throw error(name, "'\(text)' is not of the form KEY=VALUE") }
      pairs.removeAll { $0.key == parts[0] }
      pairs.append((String(parts[0]), String(parts[1])))
    }
    return pairs
  }

  /// An address to listen at; port 0 asks for a free one.
  package func listeningAuthority(_ name: String) throws(UsageError) -> Authority? {
    guard let text = text(name) else { return nil }
    guard let authority = Authority(text) else {
      throw error(name, "'\(text)' is not HOST:PORT, such as 127.0.0.1:7946, [::1]:7946 or 0.0.0.0:0")
    }
    return authority
  }

  /// Addresses to dial.
  package func remoteAuthorities(_ name: String) throws(UsageError) -> [Authority] {
    var authorities: [Authority] = []
    for text in texts(name) {
      guard let authority = Authority(text), authority.port != 0 else {
        throw error(name, "'\(text)' is not HOST:PORT with a port from 1 to 65535, such as node-1.example:7946")
      }
      authorities.append(authority)
    }
    return authorities
  }
}
