import Clockwork
import Glibc
import Gossip
import Loop

extension Command {
  static let up = Command(
    "up", "", "a whole cluster on this machine: a coordinator and nodes, each its own process",
    details: """
      Prints one line when all are ready, with the coordinator's URL and the members' process numbers.
      Ctrl-C or SIGTERM: what runs is finished, then all end with status 0. A second one stops them at once.
      A node that dies is reported and the others go on; without the coordinator or the last node all end.
      Other flags of a node can come from the environment, such as IGNAREO_CAPACITY.
      """,
    flags: [
      Flag("nodes", .value("N"), "how many nodes (default 3)"),
      Flag("data", .value("DIR"), "where the coordinator keeps its batches (default ignareo-data)"),
      Flag("http-port", .value("P"), "the coordinator's port on 127.0.0.1, 0 for a free one (default 55555)"),
      Flag("log-level", .value("LEVEL"), "of all members: debug, info, warning or error (default warning)"),
      Flag("log-format", .value("text|json"), "of all members (default text)"),
      Flag("drain-timeout", .value("SECONDS"), "how long running work may finish at the end (default 30)"),
    ],
    run: runUp)
}

private func runUp(_ flags: ScannedFlags) throws -> ExitCode {
  try flags.expectOperands(atMost: 0)
  let level = try flags.choice("log-level", of: ClusterOptions.LogLevel.self) ?? .warning
  let format = try flags.choice("log-format", of: ClusterOptions.LogFormat.self) ?? .text
  var plan = LocalCluster.Plan()
  plan.nodes = try flags.integer("nodes", in: 1...256) ?? plan.nodes
  plan.httpPort = try flags.integer("http-port", in: 0...65_535) ?? plan.httpPort
  plan.data = flags.text("data") ?? plan.data
  plan.drainTimeout = try flags.seconds("drain-timeout") ?? plan.drainTimeout
  plan.shared = [
    "--log-level", level.rawValue, "--log-format", format.rawValue,
    "--drain-timeout", "\(plan.drainTimeout.inSeconds)",
  ]
  Signals.block([SIGINT, SIGTERM])
  return try runOnLoop { [plan] loop in await LocalCluster(plan, on: loop).run() }
}
