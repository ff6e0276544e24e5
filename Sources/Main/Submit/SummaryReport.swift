import Clockwork
import JSON

/// What a batch came to, for people: counts, durations, where it ran, what failed and how.
struct SummaryReport {
  let batch: BatchStatus
  /// The coordinator's answer to `GET /batches/{id}/summary`.
  let summary: JSONValue
  let field: String?
  let took: Duration

  private static let longestExample = 100
  private static let mostValues = 20

  init(_ batch: BatchStatus, _ summary: JSONValue, field: String?, took: Duration) {
    (self.batch, self.summary, self.field, self.took) = (batch, summary, field, took)
  }

  /// The batch's own answer with the summary as one more member.
  static func json(_ batch: JSONValue, _ summary: JSONValue) -> JSONValue {
    .object { writer in
      batch.forEachMember { key, value in writer.member(key.string, value) }
      writer.member("summary", summary)
    }
  }

  var text: String {
    head + facts + values + errors
  }

  private var head: String {
    let rate = took > .zero ? ", " + Quantity.rate(Double(batch.total) / took.inSeconds) : ""
    let name = batch.name.map { " \"\(Table.printable($0))\"" } ?? ""
    return "\(Quantity.counted(batch.total, "task"))\(name) \(batch.state) in "
      + "\(Quantity.milliseconds(took.inMilliseconds))\(rate)\n"
  }

  private var facts: String {
    var table = Table([.left(""), .right(""), .left("")])
    for (label, count) in batch.counts { table.add([label, Quantity.count(count), ""]) }
    for share in batch.nodes { table.add(["on \(share.node)", Quantity.count(share.tasks), ""]) }
    let durations = batch.duration.map { duration in
      [("p50", duration.p50), ("p90", duration.p90), ("p99", duration.p99), ("max", duration.max)]
    }
    for (label, value) in durations ?? [] { table.add(["duration \(label)", Quantity.milliseconds(value), ""]) }
    return table.text(indent: 2)
  }

  /// How often each value of the field came, the most frequent first.
  private var values: String {
    guard let field else { return "" }
    let counts = SummaryCounts(summary).values
    var table = Table([.left(""), .right("")])
    for (value, count) in counts.prefix(Self.mostValues) { table.add([value, Quantity.count(count)]) }
    let more = counts.count - Self.mostValues
    return "\(Table.printable(field))\n" + (counts.isEmpty ? "  no result has it\n" : table.text(indent: 2))
      + (more > 0 ? "  and \(Quantity.counted(more, "more value"))\n" : "")
  }

  /// The error codes with an example each.
  private var errors: String {
    let kinds = SummaryCounts(summary).errors
    guard !kinds.isEmpty else { return "" }
    var table = Table([.left(""), .right(""), .left("")])
    for kind in kinds {
      let example =
        kind.example.count > Self.longestExample ? kind.example.prefix(Self.longestExample) + "…" : kind.example
      table.add([kind.code, Quantity.count(kind.count), example])
    }
    return "errors\n" + table.text(indent: 2)
  }
}
