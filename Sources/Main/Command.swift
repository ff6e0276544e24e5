import Gossip

/// One command of the program: its words for the help page, its flags, and what it does.
struct Command: Sendable {
  let name: String
  /// What stands behind the name: `FILE|-`, `ID`.
  let operands: String
  let summary: String
  /// Paragraphs of the help page below the flags.
  let details: String
  let flags: [Flag]
  /// - Returns: how the program ends.
  /// - Throws: `UsageError`, `Failure`.
  let run: @Sendable (ScannedFlags) throws -> ExitCode

  init(
    _ name: String, _ operands: String = "", _ summary: String, details: String = "", flags: [Flag] = [],
    run: @escaping @Sendable (ScannedFlags) throws -> ExitCode
  ) {
    (self.name, self.operands, self.summary, self.details) = (name, operands, summary, details)
    (self.flags, self.run) = (flags, run)
  }

  /// In the order of the help page.
  static let all: [Command] = [
    .node, .coordinator, .up, .submit, .add, .close, .batches, .batch, .results, .cancel, .pools, .pool, .nodes, .drain,
    .tasks, .keygen, .keys,
    .simulate,
    .version, .help,
  ]

  /// - Throws: `UsageError` that names the nearest command.
  static func named(_ name: String) throws(UsageError) -> Command {
    if let command = all.first(where: { $0.name == name }) { return command }
    let nearest = all.map { (distance: FlagScanner.editDistance($0.name, name), name: $0.name) }.min { $0 < $1 }
    guard let nearest, nearest.distance <= max(2, name.count / 2) else {
      throw UsageError("no command '\(Table.printable(name))'; `ignareo help` lists them")
    }
    throw UsageError("no command '\(Table.printable(name))'; did you mean '\(nearest.name)'?")
  }

  var page: String {
    let head = "ignareo \(name)\(operands.isEmpty ? "" : " " + operands)\(flags.isEmpty ? "" : " [flags]")"
    return head + "\n\n\(summary.prefix(1).uppercased())\(summary.dropFirst()).\n"
      + (flags.isEmpty ? "" : "\n" + Flag.table(flags)) + (details.isEmpty ? "" : "\n\(details)\n")
  }
}

extension ScannedFlags {
  /// The first so many operands, which all must be there.
  func operands(_ names: String...) throws(UsageError) -> [String] {
    for (place, name) in names.enumerated() where operands.count <= place || operands[place].isEmpty {
      throw UsageError(origin: name, why: "is missing")
    }
    try expectOperands(atMost: names.count)
    return operands
  }

  /// The one operand that a command takes.
  func operand(_ name: String) throws(UsageError) -> String {
    guard let first = operands.first, !first.isEmpty else { throw UsageError(origin: name, why: "is missing") }
    try expectOperands(atMost: 1)
    return first
  }

  func expectOperands(atMost count: Int) throws(UsageError) {
    guard operands.count > count else { return }
    throw UsageError(origin: "'\(Table.printable(operands[count]))'", why: "one operand too many")
  }
}
