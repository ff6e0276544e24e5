import JSON

/// The task types that the cluster can run, as `GET /task-types` lists them.
struct TaskTypeList: Sendable {
  /// The nodes that have each type.
  let nodes: [String: [String]]
  /// What a node says of a type: its summary, its arguments.
  private var descriptions: [String: JSONValue] = [:]

  init(nodes: [String: [String]]) { self.nodes = nodes }

  /// Takes a node's own list; what is no such list says nothing.
  mutating func take(_ body: [UInt8]) {
    guard let list = try? JSONValue.parse(body) else { return }
    for type in list["task_types"]?.elements ?? [] {
      guard let name = type["name"]?.string, nodes[name] != nil, descriptions[name] == nil else { continue }
      descriptions[name] = type.detached
    }
  }

  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.array("task_types") { array in
        for (name, members) in nodes.sorted(by: { $0.key < $1.key }) {
          array.object { type in
            type.member("name", name)
            descriptions[name]?.forEachMember { key, value in
              guard !(key == "name"), !(key == "nodes") else { return }
              type.member(key.string, value)
            }
            type.member("nodes", members.sorted())
          }
        }
      }
    }
    return writer.bytes
  }
}
