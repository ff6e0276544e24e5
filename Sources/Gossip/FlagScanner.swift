internal import Glibc

/// Takes a command line apart: `--x V`, `--x=V`, toggles, lists, what stands alone, and `--`, after which all stands
/// alone.
///
/// What the command line leaves out comes from the environment (`IGNAREO_` and the flag's name). The result holds texts
/// with their origin; `ScannedFlags` turns them into values.
package struct FlagScanner {
  private let flags: [String: Flag]

  package init(_ flags: [Flag]) {
    self.flags = Dictionary(flags.map { ($0.name, $0) }) { _, last in last }
  }

  /// - Parameter arguments: without the program's and the command's own name.
  /// - Throws: an unknown flag (naming the nearest one), a missing value, a toggle with a value.
  package func scan(
    _ arguments: [String], environment: (String) -> String? = FlagScanner.environment
  ) throws(UsageError) -> ScannedFlags {
    var result = ScannedFlags(declared: flags)
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        result.operands += rest
        break
      }
      guard argument.hasPrefix("-"), argument != "-" else {
        result.operands.append(argument)
        continue
      }
      try take(argument, &rest, into: &result)
    }
    for flag in flags.values where !result.has(flag.name) {
      guard flag.isFromEnvironment, let text = environment(flag.variable), !text.isEmpty else { continue }
      try take(text, of: flag, from: .environment, into: &result)
    }
    return result
  }

  /// The process's own environment.
  package static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private func take(
    _ argument: String, _ rest: inout ArraySlice<String>, into result: inout ScannedFlags
  ) throws(UsageError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard argument.hasPrefix("--"), let flag = flags[String(parts[0].dropFirst(2))] else {
      throw unknown(String(parts[0]))
    }
    switch flag.form {
    case .toggle:
      guard parts.count == 1 else { throw UsageError(origin: "flag --\(flag.name)", why: "takes no value") }
      result.add("true", of: flag, from: .commandLine)
    case .value, .list, .repeated:
      if parts.count == 2 {
        try take(String(parts[1]), of: flag, from: .commandLine, into: &result)
      } else if let value = rest.first, !value.hasPrefix("--") {
        rest.removeFirst()
        try take(value, of: flag, from: .commandLine, into: &result)
      } else {
        throw UsageError(origin: "flag --\(flag.name)", why: "needs a value: \(flag.usage)")
      }
    }
  }

  private func take(
    _ text: String, of flag: Flag, from origin: ScannedFlags.Origin, into result: inout ScannedFlags
  ) throws(UsageError) {
    switch flag.form {
    case .toggle:
      switch text.lowercased() {
      case "1", "true", "yes", "on": result.add("true", of: flag, from: origin)
      case "0", "false", "no", "off": break
      default: throw UsageError(origin: flag.variable, why: "'\(text)' is neither true nor false")
      }
    case .value:
      result.add(text, of: flag, from: origin)
    case .list:
      for part in text.split(separator: ",") { result.add(String(part), of: flag, from: origin) }
    case .repeated:
      let parts = origin == .environment ? text.split(separator: "\n") : [text[...]]
      for part in parts { result.add(String(part), of: flag, from: origin) }
    }
  }

  private func unknown(_ argument: String) -> UsageError {
    let name = String(argument.drop { $0 == "-" })
    let nearest = flags.keys
      .map { (distance: Self.editDistance($0, name), name: $0) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let nearest, nearest.distance <= max(2, name.count / 2) else {
      return UsageError(origin: "flag \(argument)", why: "unknown; --help lists them")
    }
    return UsageError(origin: "flag \(argument)", why: "unknown; did you mean --\(nearest.name)?")
  }

  /// Levenshtein's distance, one row at a time. A name that the other begins with counts as one step, so that `--drain`
  /// finds `--drain-timeout`.
  package static func editDistance(_ left: String, _ right: String) -> Int {
    if !right.isEmpty, left.hasPrefix(right) { return left == right ? 0 : 1 }
    let (left, right) = (Array(left), Array(right))
    var row = Array(0...right.count)
    for (line, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for column in right.indices {
        let replaced = diagonal + (right[column] == character ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
