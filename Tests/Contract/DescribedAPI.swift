package import HTTP
package import JSON

/// A role's `/openapi.json`, to hold its answers against.
package final class DescribedAPI: Sendable {
  /// An answer as a client has it.
  package struct Answer {
    let method: String
    /// With its query.
    let path: String
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    package init(method: String, path: String, status: Int, headers: HTTPHeaders, body: [UInt8]) {
      (self.method, self.path, self.status) = (method, path, status)
      (self.headers, self.body) = (headers, body)
    }
  }

  package let document: JSONValue
  /// By path.
  package let items: [String: JSONValue]
  package let schemas: [String: JSONValue]
  private let responses: [String: JSONValue]
  private let headers: [String: JSONValue]
  private let parameters: [String: JSONValue]
  private let written: SchemaChecker
  private let taken: SchemaChecker

  package init(_ document: JSONValue) {
    func members(_ value: JSONValue?) -> [String: JSONValue] {
      Dictionary(uniqueKeysWithValues: (value?.members ?? []).map { ($0.key.string, $0.value) })
    }
    self.document = document
    items = members(document["paths"])
    let components = document["components"]
    (schemas, responses) = (members(components?["schemas"]), members(components?["responses"]))
    (headers, parameters) = (members(components?["headers"]), members(components?["parameters"]))
    written = SchemaChecker(schemas: schemas, isStrict: true)
    taken = SchemaChecker(schemas: schemas, isStrict: false)
  }

  // MARK: Answers

  /// What the answer has that the description has not, or the other way round.
  package func faults(of answer: Answer) -> [String] {
    guard let (_, item) = item(for: answer.path) else { return problemFaults(of: answer, statuses: [403, 404]) }
    guard let operation = item[answer.method.lowercased()] else {
      let allowed = Set((item.members ?? []).map { $0.key.string.uppercased() }).subtracting(["PARAMETERS"])
      let told = Set((answer.headers["allow"] ?? "").split(separator: ", ").map(String.init))
      if answer.status == 405, told != allowed { return ["405 allows \(told) and not \(allowed)"] }
      return problemFaults(of: answer, statuses: [403, 405])
    }
    guard let response = operation["responses"]?["\(answer.status)"].map(resolved) else {
      return ["\(answer.method) \(answer.path): \(answer.status) is not described"]
    }
    return headerFaults(of: answer, response) + contentFaults(of: answer, response)
  }

  /// The item whose path is the request's, with its template.
  package func item(for path: String) -> (template: String, item: JSONValue)? {
    let parts = path.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
    return items.first { template, _ in
      let names = template.split(separator: "/", omittingEmptySubsequences: false)
      return names.count == parts.count && zip(names, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }.map { ($0.key, $0.value) }
  }

  private func problemFaults(of answer: Answer, statuses: Set<Int>) -> [String] {
    guard statuses.contains(answer.status) else { return ["\(answer.status) is none of \(statuses)"] }
    guard answer.headers["content-type"] == "application/problem+json" else { return ["it is no problem+json"] }
    return answer.method == "HEAD" ? [] : faults(of: answer.body, as: "Problem")
  }

  private func headerFaults(of answer: Answer, _ response: JSONValue) -> [String] {
    (response["headers"]?.members ?? []).flatMap { name, described in
      let header =
        described["$ref"]?.string.flatMap { self.headers[String($0.split(separator: "/").last ?? "")] }
        ?? described
      guard let text = answer.headers[name.string] else {
        return header["required"]?.bool == true ? ["the header \(name.string) is missing"] : []
      }
      let value = Int(text).map { JSONValue.int($0) }
      return taken.faults(
        of: header["schema"]?["type"]?.string == "integer" ? value ?? .null : .string(text),
        by: header["schema"] ?? .bool(false), at: name.string)
    }
  }

  private func contentFaults(of answer: Answer, _ response: JSONValue) -> [String] {
    guard let content = response["content"], answer.method != "HEAD" else {
      return answer.body.isEmpty ? [] : ["there is a body"]
    }
    let type = answer.headers["content-type"] ?? ""
    guard let media = content[type] else { return ["\(answer.status) as \(type) is not described"] }
    if let line = media["x-line"] {
      return Self.some(of: answer.body.split(separator: 0x0a)).flatMap { faults(of: Array($0), by: line) }
    }
    if let data = media["x-data"] {
      let label = Array("data: ".utf8)
      let events = answer.body.split(separator: 0x0a).filter { $0.starts(with: label) }
      return Self.some(of: events).flatMap { faults(of: Array($0.dropFirst(label.count)), by: data) }
    }
    return type.contains("json") ? faults(of: answer.body, by: media["schema"] ?? .bool(false)) : []
  }

  package func resolved(_ response: JSONValue) -> JSONValue {
    response["$ref"]?.string.flatMap { responses[String($0.split(separator: "/").last ?? "")] } ?? response
  }

  // MARK: Single values

  package func faults(of body: [UInt8], by schema: JSONValue) -> [String] {
    guard let value = try? JSONValue.parse(body) else { return ["\(String(decoding: body, as: UTF8.self)) is no JSON"] }
    return written.faults(of: value, by: schema)
  }

  package func faults(of body: [UInt8], as schema: String) -> [String] {
    faults(of: body, by: .object { $0.member("$ref", "#/components/schemas/\(schema)") })
  }

  /// Of what a client says: what is not described may be refused, and need not be.
  package func faults(inRequest value: JSONValue, as schema: String) -> [String] {
    taken.faults(of: value, by: .object { $0.member("$ref", "#/components/schemas/\(schema)") })
  }

  package func faults(inRequest value: JSONValue, by schema: JSONValue) -> [String] {
    taken.faults(of: value, by: schema)
  }

  // MARK: Requests

  /// What was taken and is not described so.
  package func faults(inRequest body: [UInt8], as type: String?, of answer: Answer) -> [String] {
    guard answer.status < 300, let item = item(for: answer.path)?.item, let operation = item[answer.method.lowercased()]
    else { return [] }
    return queryFaults(of: answer, item, operation) + bodyFaults(body, type, operation)
  }

  private func queryFaults(of answer: Answer, _ item: JSONValue, _ operation: JSONValue) -> [String] {
    let described = ((item["parameters"]?.elements ?? []) + (operation["parameters"]?.elements ?? [])).map { value in
      value["$ref"]?.string.flatMap { parameters[String($0.split(separator: "/").last ?? "")] } ?? value
    }
    let names = described.filter { $0["in"]?.string == "query" }.compactMap { $0["name"]?.string }
    let asked = answer.path.drop { $0 != "?" }.dropFirst().split(separator: "&").map { String($0.prefix { $0 != "=" }) }
    return asked.filter { !names.contains($0) }.map { "?\($0)= is not described" }
  }

  private func bodyFaults(_ body: [UInt8], _ type: String?, _ operation: JSONValue) -> [String] {
    guard !body.isEmpty, let type, let media = operation["requestBody"]?["content"]?[type] else { return [] }
    if let line = media["x-line"] {
      return Self.some(of: body.split(separator: 0x0a)).flatMap { faults(inRequest: $0, by: line) }
    }
    return media["schema"].map { faults(inRequest: body[...], by: $0) } ?? []
  }

  private func faults(inRequest bytes: ArraySlice<UInt8>, by schema: JSONValue) -> [String] {
    (try? JSONValue.parse(bytes)).map { taken.faults(of: $0, by: schema) } ?? []
  }

  /// Of thousands of lines, what lies between is like its ends.
  private static func some(of lines: [ArraySlice<UInt8>]) -> ArraySlice<ArraySlice<UInt8>> {
    lines.count <= 40 ? lines[...] : lines[..<20] + lines[(lines.count - 20)...]
  }
}
