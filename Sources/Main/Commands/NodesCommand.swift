import Gossip
import HTTP
import JSON

extension Command {
  static let nodes = Command(
    "nodes", "", "the cluster's members and what they do",
    details: """
      Round trip, lag and version are shown where the terminal is wide enough, and with --json.
      """,
    flags: ClusterClient.flags + [
      Flag("state", .list("STATE"), "only members that are alive, suspect, dead or left"),
      Flag(
        "role", .list("ROLE"), "only nodes, coordinators or others (foreign memberlist peers): node, coordinator, other"
      ),
      Flag("tag", .repeated("K=V"), "only members with this tag; several must all be there"),
    ]
  ) { flags in
    try flags.expectOperands(atMost: 0)
    let wantsJSON = flags.has("json")
    let path = "/nodes" + NodesCommand.query(flags)
    return try ClusterClient.run(flags) { client in
      let answer = try await client.ask(path)
      guard !wantsJSON else {
        Terminal.write(answer.line)
        return .well
      }
      Terminal.write(NodesCommand.table(answer, width: Terminal.outputIsTerminal ? Terminal.columns : .max))
      for line in NodesCommand.problems(answer) { Terminal.say(line) }
      return .well
    }
  }
}

enum NodesCommand {
  /// The member's side checks the values: it may know more than this program.
  static func query(_ flags: ScannedFlags) -> String {
    let items = ["state", "role", "tag"].flatMap { name in
      flags.texts(name).map { Query.Item(name: name, value: $0) }
    }
    return items.isEmpty ? "" : "?" + Query(items: items).encoded
  }

  /// What does not fit is left out from the end of these, the last one first.
  private static let optional: [(heading: String, text: @Sendable (JSONValue) -> String?)] = [
    ("RTT MS", { $0["rtt_ms"]?.double.map(brief) }), ("LAG MS", { $0["loop_lag_ms"]?.double.map(brief) }),
    ("VERSION", { $0["version"]?.string }),
  ]

  /// - Parameters:
  ///   - answer: `{"cluster":{…},"nodes":[…]}` as the contract says.
  ///   - width: the columns that there are.
  static func table(_ answer: JSONValue, width: Int = .max) -> String {
    for count in (0...optional.count).reversed() {
      let text = table(answer, optional.prefix(count))
      let widest = text.split(separator: "\n").map(\.count).max() ?? 0
      if widest <= width || count == 0 { return text }
    }
    return ""
  }

  private static func table(
    _ answer: JSONValue, _ optional: ArraySlice<(heading: String, text: @Sendable (JSONValue) -> String?)>
  ) -> String {
    var table = Table(
      [
        .left("NAME"), .left("ROLE"), .left("STATE"), .left("HTTP"), .left("GOSSIP"), .right("CAPACITY"),
        .right("RUNNING"), .right("QUEUED"), .right("DONE"), .right("RATE"), .left("SINCE"),
      ] + optional.map { .right($0.heading) })
    answer["nodes"]?.forEachElement { node in
      func text(_ key: String) -> String { node[key]?.string ?? "-" }
      func count(_ key: String) -> String { node[key]?.int.map(Quantity.count) ?? "-" }
      table.add(
        [
          text("name"), text("role"), state(node), text("http"), text("gossip"), count("capacity"), count("running"),
          count("queued"), count("done"), node["rate_per_s"]?.double.map(Quantity.rate) ?? "-", text("since"),
        ] + optional.map { $0.text(node) ?? "-" })
    }
    return table.text()
  }

  /// A line for each member with which something is wrong.
  static func problems(_ answer: JSONValue) -> [String] {
    (answer["nodes"]?.elements ?? []).compactMap { node in
      guard let name = node["name"]?.string, let problem = node["problem"]?.string else { return nil }
      return Table.printable("ignareo nodes: \(name): \(problem)")
    }
  }

  /// Milliseconds to a tenth.
  private static func brief(_ milliseconds: Double) -> String { "\((milliseconds * 10).rounded() / 10)" }

  /// `alive, slow`: what holds besides the state, and who suspects a suspect.
  private static func state(_ node: JSONValue) -> String {
    var words = [node["state"]?.string ?? "-"]
    if node["slow"]?.bool == true { words.append("slow") }
    if node["draining"]?.bool == true { words.append("draining") }
    let suspecting = node["suspected_by"]
    let accusers = suspecting?.string.map { [$0] } ?? suspecting?.elements?.compactMap(\.string) ?? []
    if !accusers.isEmpty { words.append("by \(accusers.joined(separator: " "))") }
    return words.joined(separator: ", ")
  }
}
