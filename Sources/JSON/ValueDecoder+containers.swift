/// An object's members, gathered once.
struct KeyedValues<Key: CodingKey>: KeyedDecodingContainerProtocol {
  /// Up to so many members a search costs less than making a String and a hash of each.
  private static var searchLimit: Int { 16 }

  private let members: [(key: JSONKey, value: JSONValue)]
  /// For larger objects alone.
  private var index: [String: JSONValue] = [:]
  private let userInfo: [CodingUserInfoKey: Any]
  let codingPath: [any CodingKey]

  init(_ decoder: ValueDecoder) throws {
    guard let members = decoder.value.members else { throw decoder.mismatch([String: Any].self, "an object") }
    self.members = members
    userInfo = decoder.userInfo
    codingPath = decoder.codingPath
    if members.count > Self.searchLimit {
      for member in members { index[member.key.string] = member.value }
    }
  }

  var allKeys: [Key] {
    let names = index.isEmpty ? Array(Set(members.map(\.key.string))) : Array(index.keys)
    return names.compactMap { Key(stringValue: $0) }
  }

  func contains(_ key: Key) -> Bool { find(key.stringValue) != nil }

  func decodeNil(forKey key: Key) throws -> Bool { try child(key).decodeNil() }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try child(key).decode(type) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try child(key).decode(type) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try child(key).decode(type) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try child(key).decode(type) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try child(key).decode(type) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try child(key).decode(type) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try child(key).decode(type) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try child(key).decode(type) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try child(key).decode(type) }
  func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try child(key).decode(type) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try child(key).decode(type) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try child(key).decode(type) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try child(key).decode(type) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try child(key).decode(type) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try child(key).decode(type) }
  func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try child(key).decode(type) }
  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try child(key).unbox(type) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try child(key).unkeyedContainer()
  }

  /// A class hierarchy's part: the member `super`, or null where there is none.
  func superDecoder() throws -> any Decoder {
    decoder(find("super") ?? .null, PathKey(stringValue: "super"))
  }

  func superDecoder(forKey key: Key) throws -> any Decoder { decoder(find(key.stringValue) ?? .null, key) }

  /// Of members with one name the last counts.
  private func find(_ name: String) -> JSONValue? {
    guard index.isEmpty else { return index[name] }
    for place in members.indices.reversed() where members[place].key == name { return members[place].value }
    return nil
  }

  private func child(_ key: Key) throws -> ValueDecoder {
    guard let value = find(key.stringValue) else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath, debugDescription: "there is no member \"\(key.stringValue)\""))
    }
    return decoder(value, key)
  }

  private func decoder(_ value: JSONValue, _ key: any CodingKey) -> ValueDecoder {
    ValueDecoder(value: value, parentPath: codingPath, key: key, userInfo: userInfo)
  }
}

/// An array's elements, read one after the other.
struct UnkeyedValues: UnkeyedDecodingContainer {
  private let elements: [JSONValue]
  private let userInfo: [CodingUserInfoKey: Any]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  init(elements: [JSONValue], decoder: ValueDecoder) {
    self.elements = elements
    userInfo = decoder.userInfo
    codingPath = decoder.codingPath
  }

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  /// Steps over the element only when it is null.
  mutating func decodeNil() throws -> Bool {
    let isNull = try element(Never.self).decodeNil()
    if isNull { currentIndex += 1 }
    return isNull
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let value = try element(type).unbox(type)
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    let container = try element([String: Any].self).container(keyedBy: type)
    currentIndex += 1
    return container
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let container = try element([Any].self).unkeyedContainer()
    currentIndex += 1
    return container
  }

  mutating func superDecoder() throws -> any Decoder {
    let decoder = try element((any Decoder).self)
    currentIndex += 1
    return decoder
  }

  private func element(_ type: Any.Type) throws -> ValueDecoder {
    guard !isAtEnd else {
      let path = codingPath + [PathKey(intValue: currentIndex)]
      throw DecodingError.valueNotFound(type, .init(codingPath: path, debugDescription: "the array has ended"))
    }
    let key = PathKey(intValue: currentIndex)
    return ValueDecoder(value: elements[currentIndex], parentPath: codingPath, key: key, userInfo: userInfo)
  }
}

/// A step of a coding path that no type has a key for.
struct PathKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
  init(intValue: Int) { (stringValue, self.intValue) = (String(intValue), intValue) }
}
