internal import Glibc
package import Gossip
internal import HTTP

/// What a node is told at its start.
package struct NodeConfiguration: Sendable {
  package var cluster: ClusterOptions
  /// Event loops, each a thread of its own.
  package var loops: Int
  /// Tasks that run at once, on all loops together; as many again may wait.
  package var capacity: Int
  package var tags: [String: String]
  /// Requests under way to one host and port, from all loops together; more wait their turn.
  package var connectionsPerHost = Limits.connectionsPerHost
  /// Task types that local processes run.
  package var workers: [WorkerSpecification]

  /// The contract's defaults.
  package init(cluster: ClusterOptions = ClusterOptions(role: .node)) {
    self.cluster = cluster
    loops = Self.cores
    capacity = Limits.capacityPerLoop * loops
    tags = [:]
    workers = []
  }

  /// - Parameter types: those that the node has in any case; no worker can have their names.
  /// - Throws: a usage error that names the flag.
  package init(flags: ScannedFlags, types: TaskTypes = .builtIn) throws(UsageError) {
    self.init(cluster: try ClusterFlags.options(from: flags, role: .node))
    if let loops = try flags.integer("loops", in: 1...Limits.mostLoops) {
      self.loops = loops
      capacity = Limits.capacityPerLoop * loops
    }
    capacity = try flags.integer("capacity", in: 1...Limits.largestCapacity) ?? capacity
    connectionsPerHost =
      try flags.integer("connections-per-host", in: 1...Limits.mostConnectionsPerHost) ?? connectionsPerHost
    tags = Dictionary(try flags.pairs("tag").map { ($0.key, $0.value) }) { _, last in last }
    workers = try WorkerFlags.specifications(from: flags, besides: types)
    try meta(http: cluster.http).checkFits()
  }

  /// The cluster's flags and a node's own.
  package static var declarations: [Flag] {
    ClusterFlags.declarations(for: .node) + [
      Flag("loops", .value("N"), "event loops, each a thread (default: the cores, \(cores) here)"),
      Flag(
        "capacity", .value("N"), "tasks at once (default \(Limits.capacityPerLoop) a loop); as many again may queue"),
      Flag(
        "connections-per-host", .value("N"),
        "requests at once to one host and port (default \(Limits.connectionsPerHost)); more wait their turn"),
      Flag("tag", .repeated("K=V"), "what others see beside this node's name"),
    ] + WorkerFlags.declarations
  }

  package static func parse(
    _ arguments: [String], types: TaskTypes = .builtIn
  ) throws(UsageError) -> NodeConfiguration {
    let flags = try FlagScanner(declarations).scan(arguments)
    if let operand = flags.operands.first { throw UsageError("'\(operand)': a node takes flags alone") }
    return try NodeConfiguration(flags: flags, types: types)
  }

  /// What gossip carries of it, once it is known where the API is dialled.
  func meta(http: Authority) -> MemberMeta { MemberMeta(role: .node, http: http, tags: tags) }

  static var cores: Int { min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), Limits.mostLoops) }
}
