/// One flag of a command: its name, what it takes, and a line of help.
package struct Flag: Sendable {
  package enum Form: Sendable, Equatable {
    /// `--json`: on when present.
    case toggle
    /// `--name NAME`: the last one counts.
    case value(String)
    /// `--join A,B --join C`: every value, comma lists taken apart.
    case list(String)
    /// `--worker NAME=COMMAND`: every value as it is; the environment gives one a line.
    case repeated(String)
  }

  /// Without the dashes: `drain-timeout`.
  package let name: String
  package let form: Form
  package let summary: String
  /// False for one that another command's variable of the same name must not set.
  package let isFromEnvironment: Bool

  package init(_ name: String, _ form: Form, _ summary: String, isFromEnvironment: Bool = true) {
    (self.name, self.form, self.summary) = (name, form, summary)
    self.isFromEnvironment = isFromEnvironment
  }

  /// Where the environment may give it: `IGNAREO_DRAIN_TIMEOUT`.
  package var variable: String {
    "IGNAREO_" + String(name.map { $0 == "-" ? "_" : Character($0.uppercased()) })
  }

  /// `--name NAME`, `--json`, `--tag K=V ...`.
  package var usage: String {
    switch form {
    case .toggle: "--\(name)"
    case .value(let operand): "--\(name) \(operand)"
    case .list(let operand), .repeated(let operand): "--\(name) \(operand)..."
    }
  }

  /// The flags as a table of two columns for a help page, one line each.
  package static func table(_ flags: [Flag]) -> String {
    let width = (flags.map { $0.usage.count }.max() ?? 0) + 2
    return flags.map { flag in
      "  \(flag.usage)" + String(repeating: " ", count: width - flag.usage.count) + flag.summary + "\n"
    }.joined()
  }
}
