package import JSON

/// What a role answers, as OpenAPI 3.1 tells it, put together from sections: JSON texts of some of its paths and
/// components each.
///
///     {"paths":{"/tasks":{"get":{…}}},"schemas":{"Task":{…}},"parameters":{…},"responses":{…}}
///
/// What is the same everywhere is added here: `HEAD` beside `GET`, and the answers that a request can get before
/// anybody has looked at its path (`commonAnswers`). The sections are the program's own, so that a wrong one traps.
package struct OpenAPIDocument {
  package struct Route: Sendable {
    /// With its parameters in braces: `/tasks/{id}`.
    let path: String
    /// In upper case.
    let methods: [String]

    package init(path: String, methods: [String]) { (self.path, self.methods) = (path, methods) }
  }

  private static let componentKinds = ["schemas", "parameters", "headers", "responses"]

  private let info: JSONValue
  private var paths: [String: JSONValue] = [:]
  /// By kind, in the order in which they were added.
  private var components: [String: [(name: String, value: JSONValue)]] = [:]

  /// - Parameter description: CommonMark.
  package init(title: String, version: String, description: String) {
    info = .object {
      $0.member("title", title)
      $0.member("version", version)
      $0.member("description", description)
    }
    add(Self.commonSection)
  }

  package mutating func add(_ section: String) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue.parse(section) } catch {
      preconditionFailure("a section of the OpenAPI document is no JSON: \(error)\n\(section)")
    }
    value.forEachMember { kind, members in
      members.forEachMember { name, value in
        if kind == "paths" {
          precondition(paths.updateValue(value, forKey: name.string) == nil, "\(name.string) is described twice")
        } else {
          add(kind.string, name.string, value)
        }
      }
    }
  }

  package mutating func add(schema name: String, _ value: JSONValue) { add("schemas", name, value) }

  private mutating func add(_ kind: String, _ name: String, _ value: JSONValue) {
    precondition(Self.componentKinds.contains(kind), "'\(kind)' are no components of an OpenAPI document")
    precondition(component(kind, name) == nil, "\(kind)/\(name) is described twice")
    components[kind, default: []].append((name, value))
  }

  private func component(_ kind: String, _ name: String) -> JSONValue? {
    components[kind]?.first { $0.name == name }?.value
  }

  // MARK: Writing

  /// The document on one line. Traps unless exactly these routes with these methods are described.
  package func json(routes: [Route]) -> [UInt8] {
    let unknown = Set(paths.keys).subtracting(routes.map(\.path))
    precondition(unknown.isEmpty, "\(unknown) are described and no routes")
    var writer = JSONWriter()
    writer.object { document in
      document.member("openapi", "3.1.0")
      document.member("info", info)
      document.object("paths") { paths in
        for route in routes { paths.object(route.path) { write(route, into: &$0) } }
      }
      document.object("components") { object in
        for kind in Self.componentKinds {
          object.object(kind) { for (name, value) in components[kind] ?? [] { $0.member(name, value) } }
        }
      }
    }
    return Self.compact(writer.bytes)
  }

  private func write(_ route: Route, into item: inout JSONWriter) {
    guard let described = paths[route.path] else { preconditionFailure("\(route.path) is not described") }
    let methods = (described.members ?? []).map(\.key.string).filter { $0 != "parameters" }
    precondition(
      Set(methods) == Set(route.methods.map { $0.lowercased() }).subtracting(["head"]),
      "\(route.path) knows \(route.methods), and \(methods) are described")
    described.forEachMember { name, value in
      if name == "parameters" { return item.member("parameters", value) }
      item.object(name.string) { write(value, isHead: false, isSafe: name == "get", into: &$0) }
    }
    if route.methods.contains("HEAD"), let get = described["get"] {
      item.object("head") { write(get, isHead: true, isSafe: true, into: &$0) }
    }
  }

  private func write(_ operation: JSONValue, isHead: Bool, isSafe: Bool, into writer: inout JSONWriter) {
    operation.forEachMember { name, value in
      switch name.string {
      case "responses": break
      case "operationId" where isHead: writer.member("operationId", "head_" + (value.string ?? ""))
      case "summary" where isHead: writer.member("summary", "as GET, without a body")
      case "description" where isHead: break
      default: writer.member(name.string, value)
      }
    }
    var answers = (operation["responses"]?.members ?? []).map { (status: $0.key.string, answer: $0.value) }
    for common in Self.commonAnswers where !answers.contains(where: { $0.status == common.status }) {
      if isSafe && common.isForUnsafe { continue }
      answers.append((common.status, .object { $0.member("$ref", "#/components/responses/\(common.name)") }))
    }
    writer.object("responses") { responses in
      for (status, answer) in answers.sorted(by: { $0.status < $1.status }) {
        responses.member(status, isHead ? bodiless(answer) : answer)
      }
    }
  }

  /// The same answer without its content.
  private func bodiless(_ answer: JSONValue) -> JSONValue {
    let name = answer["$ref"]?.string?.split(separator: "/").last.map(String.init)
    let whole = name.flatMap { component("responses", $0) } ?? answer
    return .object { object in
      whole.forEachMember { name, value in if !(name == "content") { object.member(name.string, value) } }
    }
  }

  /// Without the white space between tokens, which the sections have for their readers here.
  private static func compact(_ json: [UInt8]) -> [UInt8] {
    var (isText, isEscaped) = (false, false)
    return json.filter { byte in
      defer {
        isText = byte == UInt8(ascii: "\"") && !isEscaped ? !isText : isText
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      }
      return isText || ![0x20, 0x09, 0x0a, 0x0d].contains(byte)
    }
  }
}
