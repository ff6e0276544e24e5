internal import JSON

/// JSON Schema (2020-12) of a Decodable type, learned by letting it decode from a value that says yes to everything.
///
/// What cannot be learned so, such as an enum with payloads or a type that checks what it reads, becomes the schema
/// that allows everything: the type's own decoding still refuses what does not fit.
enum ArgumentSchema {
  static func of<Arguments: Decodable>(_ type: Arguments.Type) -> JSONValue {
    let node = SchemaNode()
    _ = try? SchemaDecoder(node: node, depth: 0).value(type)
    return .writing { node.write(into: &$0) }
  }
}

/// What one place in the value turned out to be.
final class SchemaNode {
  enum Shape {
    case anything
    case simple(String)
    case oneOf([JSONValue])
    case list(SchemaNode)
    case object([Member])
  }

  struct Member {
    let name: String
    let node: SchemaNode
    let isRequired: Bool
  }

  var shape = Shape.anything

  /// Adds a member, or gives the one that is there already.
  func member(_ name: String, isRequired: Bool) -> SchemaNode {
    var members: [Member] = []
    if case .object(let known) = shape { members = known }
    if let known = members.first(where: { $0.name == name }) { return known.node }
    let node = SchemaNode()
    shape = .object(members + [Member(name: name, node: node, isRequired: isRequired)])
    return node
  }

  func write(into writer: inout JSONWriter) {
    writer.object { schema in
      switch shape {
      case .anything: break
      case .simple(let type): schema.member("type", type)
      case .oneOf(let values): schema.array("enum") { for value in values { $0.value(value) } }
      case .list(let element):
        schema.member("type", "array")
        schema.member("items") { element.write(into: &$0) }
      case .object(let members):
        schema.member("type", "object")
        schema.object("properties") { properties in
          for member in members { properties.member(member.name) { member.node.write(into: &$0) } }
        }
        let required = members.filter(\.isRequired).map(\.name)
        if !required.isEmpty { schema.member("required", required) }
      }
    }
  }
}

/// Says yes to every question and notes it down.
struct SchemaDecoder: Decoder {
  /// A type that holds itself would be asked for ever.
  private static let deepest = 8

  struct Unlearnable: Error {}

  let node: SchemaNode
  let depth: Int
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  /// A stand-in of the type, if one can be made.
  func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
    guard depth < Self.deepest else { throw Unlearnable() }
    if type == JSONValue.self, let value = JSONValue.null as? Value { return value }
    if type == AnyJSON.self, let value = AnyJSON(.null) as? Value { return value }
    if let cases = type as? any CaseIterable.Type, let value = Self.first(of: cases, node) as? Value { return value }
    return try Value(from: self)
  }

  /// The cases of an enum that is written as its raw value.
  private static func first(of type: any CaseIterable.Type, _ node: SchemaNode) -> Any? {
    func open<Cases: CaseIterable>(_ type: Cases.Type) -> Any? {
      let cases = Array(type.allCases)
      let values = cases.compactMap { ($0 as? any RawRepresentable).flatMap { encoded($0) } }
      guard !cases.isEmpty, values.count == cases.count else { return nil }
      node.shape = .oneOf(values)
      return cases[0]
    }
    func encoded(_ value: any RawRepresentable) -> JSONValue? {
      (value.rawValue as? any Encodable).flatMap { try? JSONValue.encoding($0) }
    }
    return open(type)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    if case .anything = node.shape { node.shape = .object([]) }
    return KeyedDecodingContainer(SchemaMembers<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let element = SchemaNode()
    node.shape = .list(element)
    return SchemaElements(decoder: SchemaDecoder(node: element, depth: depth + 1))
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  func child(_ node: SchemaNode) -> SchemaDecoder { SchemaDecoder(node: node, depth: depth + 1) }
}
