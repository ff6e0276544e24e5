package import Gossip

/// What a coordinator is told at its start.
package struct CoordinatorConfiguration: Sendable {
  package var cluster: ClusterOptions
  /// The folder of the journal and of the remembered peers. `MemoryJournal` keeps nothing in it.
  package var dataFolder: String

  /// The contract's defaults.
  package init(cluster: ClusterOptions = ClusterOptions(role: .coordinator)) {
    self.cluster = cluster
    dataFolder = "ignareo-data"
  }

  /// - Throws: a usage error that names the flag.
  package init(flags: ScannedFlags) throws(UsageError) {
    self.init(cluster: try ClusterFlags.options(from: flags, role: .coordinator))
    if let folder = flags.text("data") {
      guard !folder.isEmpty else { throw flags.error("data", "needs a folder") }
      dataFolder = folder
    }
  }

  /// The cluster's flags and a coordinator's own.
  package static var declarations: [Flag] {
    ClusterFlags.declarations(for: .coordinator) + [
      Flag("data", .value("DIR"), "the folder for batches and results (default ignareo-data in the working folder)")
    ]
  }

  package static func parse(_ arguments: [String]) throws(UsageError) -> CoordinatorConfiguration {
    let flags = try FlagScanner(declarations).scan(arguments)
    if let operand = flags.operands.first { throw UsageError("'\(operand)': a coordinator takes flags alone") }
    return try CoordinatorConfiguration(flags: flags)
  }
}
