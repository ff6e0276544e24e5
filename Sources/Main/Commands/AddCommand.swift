import Gossip
import JSON

extension Command {
  static let add = Command(
    "add", "ID FILE|-", "brings an open batch more tasks, all of the file or nothing",
    details: """
      The batch was submitted with --open. FILE is as for `ignareo submit`, 64 MiB at most at a time.
      """,
    flags: ClusterClient.flags + [
      Flag("idempotency-key", .value("K"), "the same key and file add once, however often they are sent")
    ]
  ) { flags in
    let operands = try flags.operands("ID", "FILE")
    try flags.checkIdempotencyKey()
    let (id, input) = (try BatchID(operands[0]), try InputFile(operands[1]))
    let (key, wantsJSON) = (flags.text("idempotency-key"), flags.has("json"))
    return try ClusterClient.run(flags) { client in
      let upload = Upload(client, input, idempotencyKey: key, to: .tasks(batch: id.description))
      let answer = try await upload.send()
      Terminal.write(wantsJSON ? answer.line : BatchStatus(answer).map(BatchCommand.text) ?? answer.line)
      return .well
    }
  }

  static let close = Command(
    "close", "ID", "closes an open batch: it ends when all of its tasks have", flags: ClusterClient.flags
  ) { flags in
    let id = try BatchID(flags)
    let wantsJSON = flags.has("json")
    return try ClusterClient.run(flags) { client in
      let answer = try await client.ask("/batches/\(id)/close", method: "POST")
      Terminal.write(wantsJSON ? answer.line : BatchStatus(answer).map(BatchCommand.text) ?? answer.line)
      return .well
    }
  }
}
