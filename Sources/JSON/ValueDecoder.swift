extension JSONValue {
  /// Reads a Decodable out of the value; throws the `DecodingError` that Codable code expects, with its coding path.
  ///
  /// Foundation's types are read as their own `Decodable` says: a Date is a number, Data an array of bytes.
  package func decode<Value: Decodable>(
    _ type: Value.Type, userInfo: [CodingUserInfoKey: Any] = [:]
  ) throws -> Value {
    try ValueDecoder(value: self, parentPath: [], key: nil, userInfo: userInfo).unbox(type)
  }
}

extension JSONValue: Decodable {
  /// A member declared as JSONValue takes whatever stands there. Only JSON's own decoder knows the bytes.
  package init(from decoder: any Decoder) throws {
    guard let decoder = decoder as? ValueDecoder else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a JSONValue is read by JSONValue.decode alone"))
    }
    self = decoder.value
  }
}

/// Codable's view of one value.
struct ValueDecoder: Decoder {
  let value: JSONValue
  let parentPath: [any CodingKey]
  let key: (any CodingKey)?
  let userInfo: [CodingUserInfoKey: Any]

  /// Joined only when it is asked for, by an error or a container: a scalar needs none.
  var codingPath: [any CodingKey] { key.map { parentPath + [$0] } ?? parentPath }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(try KeyedValues<Key>(self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard let elements = value.elements else { throw mismatch([Any].self, "an array") }
    return UnkeyedValues(elements: elements, decoder: self)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  func unbox<Value: Decodable>(_ type: Value.Type) throws -> Value {
    // The standard library's witness would go through four more generic calls to come to the same.
    if type == JSONValue.self, let value = value as? Value { return value }
    return try Value(from: self)
  }

  func mismatch(_ type: Any.Type, _ wanted: String) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: codingPath, debugDescription: "expected \(wanted), found \(value.kind.rawValue)")
    return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }
}

extension ValueDecoder: SingleValueDecodingContainer {
  func decodeNil() -> Bool { value.isNull }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard let bool = value.bool else { throw mismatch(type, "a boolean") }
    return bool
  }

  func decode(_ type: String.Type) throws -> String {
    guard let string = value.string else { throw mismatch(type, "a string") }
    return string
  }

  func decode(_ type: Double.Type) throws -> Double {
    guard value.kind == .number else { throw mismatch(type, "a number") }
    guard let double = value.double else { throw outOfRange(type) }
    return double
  }

  func decode(_ type: Float.Type) throws -> Float {
    guard value.kind == .number else { throw mismatch(type, "a number") }
    // From the text, not from the double: rounding twice may miss the nearest float.
    guard let float = Float(value.text), float.isFinite else { throw outOfRange(type) }
    return float
  }

  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: Int128.Type) throws -> Int128 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
  func decode(_ type: UInt128.Type) throws -> UInt128 { try integer(type) }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try unbox(type) }

  private func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
    guard value.kind == .number else { throw mismatch(type, "a number") }
    guard let integer = value.integer(as: type) else { throw outOfRange(type) }
    return integer
  }

  private func outOfRange(_ type: Any.Type) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath, debugDescription: "\(value.text.prefix(40)) does not fit in \(type)"))
  }
}
