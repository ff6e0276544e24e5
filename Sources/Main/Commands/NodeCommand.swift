import Gossip
import Ignareo

extension Command {
  static let node = Command(
    "node", "", "runs a node: joins the cluster through gossip and runs its tasks",
    details: """
      Prints one line on standard output when it is ready: {"event":"ready","role":"node","name":…,"http":…}
      SIGTERM or SIGINT: takes nothing new, finishes what runs, leaves the cluster, exits 0. A second one stops at once.
      A process of --worker NAME=COMMAND reads {"id":"…","args":…}, a line for each task NAME, and writes a line for
      each answer, {"id":"…","value":…} or {"id":"…","error":{"message":"…"}}; its standard error goes into the log.
      Memberlist programs without a delegate protocol can be members of the cluster too; serf and consul agents cannot.
      Example: ignareo node --http 10.0.0.7:55568 --gossip 10.0.0.7:7947 --join 10.0.0.1:7946
      """,
    flags: NodeConfiguration.declarations
  ) { flags in
    try flags.expectOperands(atMost: 0)
    return ExitCode(role: NodeRole.run(try NodeConfiguration(flags: flags), .builtIn))
  }
}
