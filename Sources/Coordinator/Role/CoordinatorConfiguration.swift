package import Gossip

/// What a coordinator is told at its start.
package struct CoordinatorConfiguration: Sendable {
  package enum JournalKind: String, CaseIterable, Sendable { case files, memory }

  package var cluster: ClusterOptions
  /// The folder of the journal and of the remembered peers.
  package var dataFolder: String
  package var journal: JournalKind
  package var keep: Retention
  /// Signs what callbacks are told; nil: they are not signed.
  package var callbackSecret: CallbackSecret?

  /// The contract's defaults.
  package init(cluster: ClusterOptions = ClusterOptions(role: .coordinator)) {
    self.cluster = cluster
    dataFolder = "ignareo-data"
    journal = .files
    keep = .standard
  }

  /// - Throws: a usage error that names the flag.
  package init(flags: ScannedFlags) throws(UsageError) {
    self.init(cluster: try ClusterFlags.options(from: flags, role: .coordinator))
    if let folder = flags.text("data") {
      guard !folder.isEmpty else { throw flags.error("data", "needs a folder") }
      dataFolder = folder
    }
    if let kind = flags.text("journal") {
      guard let kind = JournalKind(rawValue: kind) else { throw flags.error("journal", "must be files or memory") }
      journal = kind
    }
    if let text = flags.text("keep") { keep = try Retention(text) }
    if let path = flags.text("callback-secret-file") {
      callbackSecret = try CallbackSecret.reading(file: path, flag: "callback-secret-file")
    }
  }

  /// The cluster's flags and a coordinator's own.
  package static var declarations: [Flag] {
    ClusterFlags.declarations(for: .coordinator) + [
      Flag("data", .value("DIR"), "the folder for batches and results (default ignareo-data in the working folder)"),
      Flag("keep", .value("AGE,SIZE"), "how long ended batches are kept, and how much at most (default 7d,20GiB)"),
      Flag("callback-secret-file", .value("FILE"), "its first line signs the calls to batches' callback URLs"),
      Flag("journal", .value("KIND"), "files, or memory: a restart then forgets all batches (default files)"),
    ]
  }

  package static func parse(_ arguments: [String]) throws(UsageError) -> CoordinatorConfiguration {
    let flags = try FlagScanner(declarations).scan(arguments)
    if let operand = flags.operands.first { throw UsageError("'\(operand)': a coordinator takes flags alone") }
    return try CoordinatorConfiguration(flags: flags)
  }
}
