import Clockwork
import Coordinator
import Gossip
import JSON

extension Command {
  static let results = Command(
    "results", "ID", "a batch's results in the order in which they came",
    details: """
      A table on a terminal; NDJSON, a result a line, with --json and wherever the output goes elsewhere.
      A connection that is cut is made anew, and the results go on where they were.
      Exit status with --follow: 1 when a task failed or the batch was cancelled, as for `submit`.
      With --data, they are read from a coordinator's folder, and no coordinator need run.
      """,
    flags: ClusterClient.flags + [
      Flag("after", .value("N"), "only results whose seq is above N (default 0)"),
      Flag("follow", .toggle, "stay until the batch has ended"),
      // A coordinator's IGNAREO_DATA does not say that none is to be asked.
      Flag(
        "data", .value("DIR"), "read them from this folder of a coordinator, without asking one",
        isFromEnvironment: false),
    ]
  ) { flags in
    let id = try BatchID(flags)
    let after = try flags.integer("after", in: 0...Int.max) ?? 0
    let follow = flags.has("follow")
    if let folder = flags.text("data") {
      guard !follow else { throw UsageError("flag --follow: a folder is read as it is; leave out --data to follow") }
      return try printResults(
        of: id, after: after, from: folder, asTable: Terminal.outputIsTerminal && !flags.has("json"))
    }
    let asTable = Terminal.outputIsTerminal && !flags.has("json")
    return try ClusterClient.run(flags) { client in
      // A coordinator that is not there from the start is no connection that was cut: that ends the command at once.
      _ = try await client.ask("/batches/\(id)")
      if asTable { Terminal.write(ResultRow.heading) }
      let output = try OutputFile("-")
      let reader = ResultReader(
        client, id.description, after: after,
        line: { output.add(asTable ? Array(ResultRow.text($0).utf8)[...] : $0) }, pause: output.flush)
      do throws(Failure) {
        try await reader.read(follow: follow)
      } catch {
        guard error.status == .unreachable, reader.after > after else { throw error }
        throw Failure(
          "\(error)\nGo on from here: ignareo results \(id) --after \(reader.after)", status: error.status)
      }
      if let failure = output.failure { throw failure }
      guard follow else { return .well }
      return BatchStatus(try await client.ask("/batches/\(id)"))?.exitCode ?? .well
    }
  }
}

extension Command {
  /// Prints what a coordinator's folder holds of a batch.
  private static func printResults(
    of id: BatchID, after: Int, from folder: String, asTable: Bool
  ) throws -> ExitCode {
    guard let uuid = UUIDv7(id.description) else {
      throw UsageError(origin: "ID", why: "'\(id)' is no batch's id; `ls \(folder)/batches` lists them")
    }
    let output = try OutputFile("-")
    if asTable { Terminal.write(ResultRow.heading) }
    let damage: String?
    do throws(JournalReader.Failure) {
      damage = try JournalReader.readResults(of: uuid, in: folder, after: after) { line in
        output.add(asTable ? Array(ResultRow.text(line.dropLast()).utf8)[...] : line.dropLast())
        return output.failure == nil
      }
    } catch {
      throw Failure(error.text)
    }
    output.flush()
    if let failure = output.failure { throw failure }
    if let damage { throw Failure(damage) }
    return .well
  }
}

/// A result as a row of a table whose columns are as wide as is usual: rows are printed as they come.
enum ResultRow {
  private static let columns: [(heading: String, width: Int, alignment: Table.Alignment)] = [
    ("SEQ", 8, .right), ("INDEX", 8, .right), ("STATUS", 9, .left), ("NODE", 12, .left), ("DURATION", 9, .right),
    ("VALUE OR ERROR", 0, .left),
  ]
  private static let longestValue = 200

  static var heading: String { row(columns.map(\.heading)) + "\n" }

  static func text(_ line: ArraySlice<UInt8>) -> String {
    guard let result = try? JSONValue.parse(line) else { return String(decoding: line, as: UTF8.self) }
    let error = result["error"].map { "\($0["code"]?.string ?? "error"): \($0["message"]?.string ?? "")" }
    let outcome = error ?? result["value"]?.text ?? ""
    return row([
      result["seq"]?.text ?? "", result["index"]?.text ?? "", result["status"]?.string ?? "",
      result["node"]?.string ?? "-", result["duration_ms"]?.double.map(Quantity.milliseconds) ?? "-",
      outcome.count > longestValue ? outcome.prefix(longestValue) + "…" : outcome,
    ])
  }

  private static func row(_ cells: [String]) -> String {
    zip(cells, columns).map { Table.pad(Table.printable($0), $1.width, $1.alignment) }.joined(separator: "  ")
  }
}
