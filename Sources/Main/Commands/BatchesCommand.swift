import Gossip
import JSON

extension Command {
  static let batches = Command(
    "batches", "", "the batches, the newest first", flags: ClusterClient.flags
  ) { flags in
    try flags.expectOperands(atMost: 0)
    let wantsJSON = flags.has("json")
    return try ClusterClient.run(flags) { client in
      let answer = try await client.ask("/batches")
      Terminal.write(wantsJSON ? answer.line : BatchesCommand.table(answer))
      return .well
    }
  }
}

enum BatchesCommand {
  /// - Parameter answer: `{"batches":[…]}`.
  static func table(_ answer: JSONValue) -> String {
    var table = Table([
      .left("ID"), .left("NAME"), .left("STATE"), .right("TOTAL"), .right("OK"), .right("NOT OK"), .right("LEFT"),
      .left("CREATED"),
    ])
    answer["batches"]?.forEachElement { element in
      guard let batch = BatchStatus(element) else { return }
      table.add([
        batch.id, batch.name ?? "-", batch.state, Quantity.count(batch.total), Quantity.count(batch.ok),
        Quantity.count(batch.notOK), Quantity.count(batch.running + batch.queued), batch.createdAt ?? "-",
      ])
    }
    return table.rows.isEmpty ? "no batches\n" : table.text()
  }
}

extension JSONValue {
  /// The value in one line of its own.
  var line: String {
    var writer = JSONWriter()
    writer.value(self)
    writer.endLine()
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
