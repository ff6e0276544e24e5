import Gossip
import JSON

extension Command {
  static let batch = Command(
    "batch", "ID", "one batch: how far it is, where it ran, how long its tasks took", flags: ClusterClient.flags
  ) { flags in
    let id = try BatchID(flags)
    let wantsJSON = flags.has("json")
    return try ClusterClient.run(flags) { client in
      let answer = try await client.ask("/batches/\(id)")
      Terminal.write(wantsJSON ? answer.line : BatchStatus(answer).map(BatchCommand.text) ?? answer.line)
      return .well
    }
  }
}

enum BatchCommand {
  static func text(_ batch: BatchStatus) -> String {
    var table = Table([.left(""), .left("")])
    func add(_ label: String, _ value: String?) {
      if let value { table.add([label, value]) }
    }
    add("batch", batch.id)
    add("name", batch.name)
    add("state", batch.state)
    add("created", batch.createdAt)
    add("finished", batch.finishedAt)
    add("tasks", Quantity.count(batch.total))
    for (label, count) in batch.counts { add(label, Quantity.count(count)) }
    if !batch.hasEnded {
      add("rate", batch.ratePerSecond.map(Quantity.rate))
      add("left", batch.secondsLeft.map(Quantity.span(seconds:)))
      add("waiting for", batch.waitingFor)
    }
    add("duration", batch.duration.map(\.text))
    for share in batch.nodes { add("on \(share.node)", Quantity.count(share.tasks)) }
    return table.text()
  }
}

extension BatchStatus {
  /// What the tasks came to, as far as there are any of a kind.
  var counts: [(String, Int)] {
    [
      ("ok", ok), ("error", error), ("cancelled", cancelled), ("unknown", unknown), ("running", running),
      ("queued", queued), ("retried", retried), ("hedged", hedged),
    ].filter { $0.0 == "ok" || $0.1 > 0 }
  }
}

extension BatchStatus.Percentiles {
  var text: String {
    zip(["p50", "p90", "p99", "max"], [p50, p90, p99, max])
      .map { "\($0) \(Quantity.milliseconds($1))" }.joined(separator: ", ")
  }
}

/// The operand ID, fit for a path.
struct BatchID: CustomStringConvertible, Sendable {
  let description: String

  init(_ flags: ScannedFlags) throws(UsageError) {
    try self.init(try flags.operand("ID"))
  }

  init(_ text: String) throws(UsageError) {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == 0x2d }) else {
      throw UsageError(origin: "ID", why: "'\(Table.printable(text))' is no batch's id; `ignareo batches` lists them")
    }
    description = text
  }
}
