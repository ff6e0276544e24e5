import HTTP
import JSON
import Loop
import Testing

@testable import Ignareo

/// A node's `/openapi.json`, to hold its answers against.
final class DescribedAPI: Sendable {
  /// An answer as a client has it.
  struct Answer {
    let method: String
    /// With its query.
    let path: String
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]
  }

  let document: JSONValue
  /// By path.
  let items: [String: JSONValue]
  let schemas: [String: JSONValue]
  private let responses: [String: JSONValue]
  private let headers: [String: JSONValue]
  private let written: SchemaChecker
  private let taken: SchemaChecker

  init(_ document: JSONValue) {
    func members(_ value: JSONValue?) -> [String: JSONValue] {
      Dictionary(uniqueKeysWithValues: (value?.members ?? []).map { ($0.key.string, $0.value) })
    }
    self.document = document
    items = members(document["paths"])
    let components = document["components"]
    (schemas, responses) = (members(components?["schemas"]), members(components?["responses"]))
    headers = members(components?["headers"])
    written = SchemaChecker(schemas: schemas, isStrict: true)
    taken = SchemaChecker(schemas: schemas, isStrict: false)
  }

  private static let known = Lock<[String: DescribedAPI]>([:])

  /// Made once for the same types: hundreds of tests ask for it.
  static func of(_ types: TaskTypes) throws -> DescribedAPI {
    let name = types.inOrder.map { "\($0.name) \($0.schema.text)" }.joined(separator: "\n")
    if let api = known.withLock({ $0[name] }) { return api }
    let api = DescribedAPI(try JSONValue.parse(NodeDescription.json(of: types)))
    known.withLock { $0[name] = api }
    return api
  }

  // MARK: Answers

  /// What the answer has that the description has not, or the other way round.
  func faults(of answer: Answer) -> [String] {
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
  func item(for path: String) -> (template: String, item: JSONValue)? {
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
      return answer.body.split(separator: 0x0a).flatMap { faults(of: Array($0), by: line) }
    }
    return type.contains("json") ? faults(of: answer.body, by: media["schema"] ?? .bool(false)) : []
  }

  func resolved(_ response: JSONValue) -> JSONValue {
    response["$ref"]?.string.flatMap { responses[String($0.split(separator: "/").last ?? "")] } ?? response
  }

  // MARK: Single values

  func faults(of body: [UInt8], by schema: JSONValue) -> [String] {
    guard let value = try? JSONValue.parse(body) else { return ["\(String(decoding: body, as: UTF8.self)) is no JSON"] }
    return written.faults(of: value, by: schema)
  }

  func faults(of body: [UInt8], as schema: String) -> [String] {
    faults(of: body, by: .object { $0.member("$ref", "#/components/schemas/\(schema)") })
  }

  /// Of what a client says: what is not described may be refused, and need not be.
  func faults(inRequest value: JSONValue, as schema: String) -> [String] {
    taken.faults(of: value, by: .object { $0.member("$ref", "#/components/schemas/\(schema)") })
  }

  func faults(inRequest value: JSONValue, by schema: JSONValue) -> [String] { taken.faults(of: value, by: schema) }

  /// What was taken and is not described so.
  func faults(inRequest body: String, of answer: Answer) -> [String] {
    guard answer.status < 300, let operation = item(for: answer.path)?.item[answer.method.lowercased()],
      let schema = operation.at(pointer: "/requestBody/content/application~1json/schema"),
      let value = try? JSONValue.parse(body)
    else { return [] }
    return taken.faults(of: value, by: schema)
  }
}
