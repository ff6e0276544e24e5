extension JSONValue {
  /// Writes an Encodable; throws `EncodingError` for infinity and not-a-number, which JSON cannot say, and what the
  /// type's own `encode(to:)` throws.
  ///
  /// Foundation's types are written as their own `Encodable` says: a Date is a number, Data an array of bytes.
  package static func encoding<Value: Encodable>(
    _ value: Value, userInfo: [CodingUserInfoKey: Any] = [:]
  ) throws -> JSONValue {
    if let value = value as? JSONValue { return value }
    let encoder = ValueEncoder(node: EncodedNode(), codingPath: [], userInfo: userInfo)
    try encoder.encode(value)
    var writer = JSONWriter()
    encoder.node.write(into: &writer)
    return JSONValue(trusted: writer.bytes[...])
  }
}

extension JSONValue: Encodable {
  /// Only JSON's own encoder takes the bytes as they are.
  package func encode(to encoder: any Encoder) throws {
    guard let encoder = encoder as? ValueEncoder else {
      throw EncodingError.invalidValue(
        self,
        .init(codingPath: encoder.codingPath, debugDescription: "a JSONValue is written by JSONValue.encoding alone"))
    }
    encoder.node.content = .value(self)
  }
}

/// One value in the making. A tree, because Codable lets a type fill several nested containers by turns.
final class EncodedNode {
  enum Content {
    /// Nothing was encoded: `{}` at the top, as an empty `encode(to:)` means a value without members.
    case nothing
    case value(JSONValue)
    case string(String)
    case bool(Bool)
    case signed(Int64)
    case unsigned(UInt64)
    case double(Double)
    case float(Float)
    case null
    case array([EncodedNode])
    case object([(key: String, node: EncodedNode)])
  }

  var content: Content

  init(_ content: Content = .nothing) { self.content = content }

  func write(into writer: inout JSONWriter) {
    switch content {
    case .nothing: writer.object { _ in }
    case .value(let value): writer.value(value)
    case .string(let string): writer.string(string)
    case .bool(let bool): writer.bool(bool)
    case .signed(let integer): writer.int(integer)
    case .unsigned(let integer): writer.int(integer)
    case .double(let double): writer.double(double)
    case .float(let float): writer.float(float)
    case .null: writer.null()
    case .array(let nodes): writer.array { for node in nodes { node.write(into: &$0) } }
    case .object(let members):
      writer.object {
        for member in members {
          $0.key(member.key)
          member.node.write(into: &$0)
        }
      }
    }
  }
}

/// Codable's view of one value in the making. Three words, which an existential holds without a box of its own.
struct ValueEncoder: Encoder {
  let node: EncodedNode
  let codingPath: [any CodingKey]
  let userInfo: [CodingUserInfoKey: Any]

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    // Asked for twice by a subclass that shares its parent's container.
    if case .object = node.content {} else { node.content = .object([]) }
    return KeyedEncodingContainer(KeyedNodes<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .array = node.content {} else { node.content = .array([]) }
    return UnkeyedNodes(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension ValueEncoder: SingleValueEncodingContainer {
  func encodeNil() { node.content = .null }
  func encode(_ value: Bool) { node.content = .bool(value) }
  func encode(_ value: String) { node.content = .string(value) }
  func encode(_ value: Int) { node.content = .signed(Int64(value)) }
  func encode(_ value: Int8) { node.content = .signed(Int64(value)) }
  func encode(_ value: Int16) { node.content = .signed(Int64(value)) }
  func encode(_ value: Int32) { node.content = .signed(Int64(value)) }
  func encode(_ value: Int64) { node.content = .signed(value) }
  func encode(_ value: UInt) { node.content = .unsigned(UInt64(value)) }
  func encode(_ value: UInt8) { node.content = .unsigned(UInt64(value)) }
  func encode(_ value: UInt16) { node.content = .unsigned(UInt64(value)) }
  func encode(_ value: UInt32) { node.content = .unsigned(UInt64(value)) }
  func encode(_ value: UInt64) { node.content = .unsigned(value) }
  func encode(_ value: Int128) { node.content = .value(.writing { $0.int(value) }) }
  func encode(_ value: UInt128) { node.content = .value(.writing { $0.int(value) }) }

  func encode(_ value: Double) throws { node.content = try Self.content(value, codingPath) }
  func encode(_ value: Float) throws { node.content = try Self.content(value, codingPath) }
  func encode<Value: Encodable>(_ value: Value) throws { try value.encode(to: self) }

  static func content(_ value: Double, _ path: @autoclosure () -> [any CodingKey]) throws -> EncodedNode.Content {
    guard value.isFinite else { throw unwritable(value, path()) }
    return .double(value)
  }

  static func content(_ value: Float, _ path: @autoclosure () -> [any CodingKey]) throws -> EncodedNode.Content {
    guard value.isFinite else { throw unwritable(value, path()) }
    return .float(value)
  }

  private static func unwritable(_ value: Any, _ path: [any CodingKey]) -> EncodingError {
    .invalidValue(value, .init(codingPath: path, debugDescription: "JSON has no word for \(value)"))
  }
}
