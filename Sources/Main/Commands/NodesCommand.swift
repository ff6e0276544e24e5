import Gossip
import JSON

extension Command {
  static let nodes = Command(
    "nodes", "", "the cluster's members and what they do", flags: ClusterClient.flags
  ) { flags in
    try flags.expectOperands(atMost: 0)
    let wantsJSON = flags.has("json")
    return try ClusterClient.run(flags) { client in
      let answer = try await client.ask("/nodes")
      Terminal.write(wantsJSON ? answer.line : NodesCommand.table(answer))
      return .well
    }
  }
}

enum NodesCommand {
  /// - Parameter answer: `{"cluster":{…},"nodes":[…]}` as the contract says.
  static func table(_ answer: JSONValue) -> String {
    var table = Table([
      .left("NAME"), .left("ROLE"), .left("STATE"), .left("HTTP"), .left("GOSSIP"), .right("CAPACITY"),
      .right("RUNNING"), .right("QUEUED"), .right("DONE"), .right("RATE"), .left("SINCE"),
    ])
    answer["nodes"]?.forEachElement { node in
      func text(_ key: String) -> String { node[key]?.string ?? "-" }
      func count(_ key: String) -> String { node[key]?.int.map(Quantity.count) ?? "-" }
      table.add([
        text("name"), text("role"), state(node), text("http"), text("gossip"), count("capacity"), count("running"),
        count("queued"), count("done"), node["rate_per_s"]?.double.map(Quantity.rate) ?? "-", text("since"),
      ])
    }
    return table.text()
  }

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
