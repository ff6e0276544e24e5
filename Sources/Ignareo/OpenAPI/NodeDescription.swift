internal import Gossip
internal import JSON
internal import Net

/// `GET /openapi.json` of a node: its own sections, what every role answers, and the task types that are registered
/// here.
enum NodeDescription {
  static func json(of types: TaskTypes) -> [UInt8] {
    var document = OpenAPIDocument(title: "Ignareo node", version: Release.version, description: about)
    document.add(tasksSection)
    document.add(OpenAPIDocument.taskSection)
    document.add(taskSchemas)
    document.add(socketSection)
    document.add(shardsSection)
    document.add(statusSection)
    document.add(NodesReport.openAPISection)
    document.add(KeysView.openAPISection)
    document.add(OpenAPIDocument.processSection)
    for type in types.inOrder {
      document.add(schema: argumentsName(type), arguments(of: type))
      document.add(schema: "Task.\(type.name)", task(of: type))
    }
    document.add(schema: "Task", anyTask(types))
    return document.json(
      routes: NodeRoute.Template.allCases.map { OpenAPIDocument.Route(path: $0.path, methods: $0.methods) })
  }

  private static let about = """
    A worker of the cluster: it takes tasks, runs them side by side and keeps their results for a while. Every request \
    is answered: an unknown path with 404, a method that a path does not know with 405 and `Allow`. Errors are \
    `application/problem+json` (RFC 9457). Times are RFC 3339 in UTC.
    """

  // MARK: Task types

  /// What a task may say, whatever its type, and what its type asks of its arguments.
  private static func anyTask(_ types: TaskTypes) -> JSONValue {
    .object { schema in
      schema.member("description", "One unit of work: a task type's name and its arguments.")
      schema.array("allOf") { parts in
        parts.raw(##"{"$ref":"#/components/schemas/TaskFields"}"##)
        parts.object { part in
          part.array("oneOf") { choices in
            for type in types.inOrder { choices.object { $0.member("$ref", "#/components/schemas/Task.\(type.name)") } }
          }
        }
        parts.raw(limitNeedsKey)
      }
    }
  }

  private static let limitNeedsKey: StaticString = #"""
    {"if":{"required":["limit"],"properties":{"limit":{"type":"object"}}},
    "then":{"required":["key"],"properties":{"key":{"type":"string"}}}}
    """#

  private static func task(of type: TaskType) -> JSONValue {
    // Who gives none gives `{}`.
    let needsArguments = type.schema["required"]?.elements?.isEmpty == false
    return .object { schema in
      schema.member("description", type.summary)
      schema.object("properties") { properties in
        properties.object("task") { $0.member("const", type.name) }
        properties.object("args") { $0.member("$ref", "#/components/schemas/\(argumentsName(type))") }
      }
      schema.member("required", needsArguments ? ["task", "args"] : ["task"])
    }
  }

  private static func argumentsName(_ type: TaskType) -> String { "Arguments.\(type.name)" }

  /// The type's own schema with the pointers in it made to begin at the document's root, as all pointers do here.
  private static func arguments(of type: TaskType) -> JSONValue {
    let root = "#/components/schemas/\(argumentsName(type))"
    switch type.schema.kind {
    case .object: return moved(type.schema, to: root)
    case .bool: return type.schema
    case .array, .string, .number, .null: return .bool(true)
    }
  }

  private static func moved(_ value: JSONValue, to root: String) -> JSONValue {
    switch value.kind {
    case .object:
      .object { object in
        value.forEachMember { name, member in
          if name == "$ref", let pointer = member.string, pointer.hasPrefix("#") {
            object.member("$ref", root + pointer.dropFirst())
          } else {
            object.member(name.string, moved(member, to: root))
          }
        }
      }
    case .array:
      .writing { $0.array { array in value.forEachElement { array.value(moved($0, to: root)) } } }
    case .string, .number, .bool, .null: value
    }
  }
}
