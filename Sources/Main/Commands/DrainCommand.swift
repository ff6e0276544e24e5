import Gossip
import HTTP
import JSON

extension Command {
  static let drain = Command(
    "drain", "NODE", "drains a node: it finishes what runs, takes nothing new, leaves the cluster and ends",
    details: """
      NODE is a name of `ignareo nodes`, which shows how it goes. --coordinator takes the HTTP address of any member.
      The node's process gets what SIGTERM gives it; a coordinator is ended with SIGTERM where it runs.
      """,
    flags: ClusterClient.flags
  ) { flags in
    let name = try flags.operand("NODE")
    let wantsJSON = flags.has("json")
    return try ClusterClient.run(flags) { client in
      let answer = try await DrainCommand.ask(name, client)
      Terminal.write(wantsJSON ? answer.line : "\(Table.printable(name)) drains\n")
      return .well
    }
  }
}

enum DrainCommand {
  static func ask(_ name: String, _ client: ClusterClient) async throws(Failure) -> JSONValue {
    try await client.ask("/nodes/\(PercentEncoding.encoded(name))/drain", method: "POST")
  }
}
