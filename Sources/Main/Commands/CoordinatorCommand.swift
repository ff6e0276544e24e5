import Coordinator
import Gossip

extension Command {
  static let coordinator = Command(
    "coordinator", "", "runs a coordinator: takes batches, spreads them over the nodes, gathers the results",
    details: """
      Prints one line on standard output when it is ready: {"event":"ready","role":"coordinator","name":…,"http":…}
      SIGTERM or SIGINT: takes no new batch, waits for the running ones, leaves the cluster, exits 0.
      Example: ignareo coordinator --http 10.0.0.1:55555 --gossip 10.0.0.1:7946
      """,
    flags: CoordinatorConfiguration.declarations
  ) { flags in
    try flags.expectOperands(atMost: 0)
    return ExitCode(role: CoordinatorRole.run(try CoordinatorConfiguration(flags: flags)))
  }
}
