import Gossip
import JSON

extension Command {
  static let cancel = Command(
    "cancel", "ID", "cancels what is queued or running of a batch; the results so far stay",
    flags: ClusterClient.flags
  ) { flags in
    let id = try BatchID(flags)
    let wantsJSON = flags.has("json")
    return try ClusterClient.run(flags) { client in
      let answer = try await client.ask("/batches/\(id)", method: "DELETE")
      Terminal.write(wantsJSON ? answer.line : BatchStatus(answer).map(BatchCommand.text) ?? answer.line)
      return .well
    }
  }
}
