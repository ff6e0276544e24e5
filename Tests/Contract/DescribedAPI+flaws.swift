import JSON

/// What is to hold of a role's description, whatever it describes.
extension DescribedAPI {
  private var operations: [(path: String, method: String, operation: JSONValue)] {
    items.flatMap { path, item in
      (item.members ?? []).compactMap { $0.key.string == "parameters" ? nil : (path, $0.key.string, $0.value) }
    }
  }

  /// Where it has other paths or methods than the role, or a path's parameters otherwise than in the path.
  package func routeFlaws(_ routes: [(path: String, methods: [String])]) -> [String] {
    var flaws: [String] = []
    if items.keys.sorted() != routes.map(\.path).sorted() { flaws.append("its paths are \(items.keys.sorted())") }
    for (path, methods) in routes {
      let described = (items[path]?.members ?? []).map(\.key.string).filter { $0 != "parameters" }
      if Set(described) != Set(methods.map { $0.lowercased() }) { flaws.append("\(path) has \(described)") }
      let parts = path.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }
      if item(for: "/" + parts.joined(separator: "/"))?.template != path { flaws.append("\(path) is another's") }
      let names = path.matches(of: /\{(\w+)\}/).map { String($0.1) }
      let parameters = items[path]?["parameters"]?.elements ?? []
      let areInPath = parameters.allSatisfy { $0["in"]?.string == "path" && $0["required"]?.bool == true }
      if !areInPath || parameters.map({ $0["name"]?.string }) != names {
        flaws.append("the parameters of \(path) are not described as they are")
      }
    }
    return flaws
  }

  /// Operations without a name of their own, a summary, or an answer for when all goes well.
  package var operationFlaws: [String] {
    let names = operations.compactMap { $0.operation["operationId"]?.string }
    var flaws = Set(names).count == operations.count ? [] : ["operations lack names of their own"]
    for (path, method, operation) in operations {
      let statuses = (operation["responses"]?.members ?? []).map(\.key.string)
      let isSafe = ["get", "head"].contains(method) && operation["x-websocket"] == nil
      let isWhole =
        operation["summary"]?.string?.isEmpty == false && statuses == statuses.sorted()
        && statuses.contains { $0 < "300" } && ["408", "414", "431", "503"].allSatisfy(statuses.contains)
        && statuses.contains("403") != isSafe
      if !isWhole { flaws.append("\(method) \(path) lacks a part: \(statuses)") }
      for (status, answer) in (operation["responses"]?.members ?? []).map({ ($0.key.string, resolved($0.value)) }) {
        let isTold = answer["description"]?.string?.isEmpty == false && (method != "head" || answer["content"] == nil)
        if !isTold { flaws.append("\(method) \(path): \(status) is described otherwise than it is") }
      }
    }
    return flaws
  }

  /// References that lead nowhere.
  package var referenceFlaws: [String] {
    var flaws: [String] = []
    walk(document) { value in
      guard let pointer = value["$ref"]?.string else { return }
      let target = (try? JSONPointer(pointer.dropFirst())).flatMap { document.at($0) }
      if !pointer.hasPrefix("#/") || target == nil { flaws.append(pointer) }
    }
    return flaws
  }

  /// Examples that are not as their schemas say.
  package var exampleFlaws: (seen: Int, flaws: [String]) {
    var (seen, flaws): (Int, [String]) = (0, [])
    func check(_ example: JSONValue, _ schema: JSONValue) {
      seen += 1
      flaws += faults(inRequest: example, by: schema).map { "\(example): \($0)" }
    }
    func check(_ text: String, lineBy schema: JSONValue) {
      if let value = try? JSONValue.parse(text) { check(value, schema) } else { flaws.append("\(text) is no JSON") }
    }
    walk(document) { value in
      guard let schema = value["schema"] else { return }
      let all =
        [value["example"]].compactMap { $0 } + (value["examples"]?.members ?? []).compactMap { $0.value["value"] }
      for example in all {
        guard let line = value["x-line"] else {
          check(example, schema)
          continue
        }
        for text in example.string?.split(separator: "\n") ?? [] { check(String(text), lineBy: line) }
      }
    }
    for (_, schema) in schemas { for example in schema["examples"]?.elements ?? [] { check(example, schema) } }
    return (seen, flaws)
  }

  private func walk(_ value: JSONValue, _ body: (JSONValue) -> Void) {
    body(value)
    for part in value.elements ?? (value.members ?? []).map(\.value) { walk(part, body) }
  }
}
