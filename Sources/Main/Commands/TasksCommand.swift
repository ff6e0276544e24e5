import Gossip
import JSON

extension Command {
  static let tasks = Command(
    "tasks", "", "the task types that the cluster can run, with their arguments", flags: ClusterClient.flags
  ) { flags in
    try flags.expectOperands(atMost: 0)
    let wantsJSON = flags.has("json")
    return try ClusterClient.run(flags) { client in
      let answer = try await client.ask("/task-types")
      Terminal.write(wantsJSON ? answer.line : TasksCommand.table(answer))
      return .well
    }
  }
}

enum TasksCommand {
  /// - Parameter answer: `{"task_types":[{"name","summary","arguments":a JSON Schema}]}`.
  static func table(_ answer: JSONValue) -> String {
    var table = Table([.left("TASK"), .left("WHAT IT DOES"), .left("ARGUMENTS")])
    answer["task_types"]?.forEachElement { type in
      table.add([type["name"]?.string ?? "-", type["summary"]?.string ?? "", arguments(type["arguments"])])
    }
    return table.rows.isEmpty ? "no node is there yet, hence no task type\n" : table.text()
  }

  /// The schema's properties; those that may be left out in brackets.
  private static func arguments(_ schema: JSONValue?) -> String {
    guard let properties = schema?["properties"]?.members, !properties.isEmpty else { return "any" }
    let required = Set(schema?["required"]?.elements?.compactMap(\.string) ?? [])
    let names = properties.map { required.contains($0.key.string) ? $0.key.string : "[\($0.key.string)]" }
    return names.joined(separator: " ")
  }
}
