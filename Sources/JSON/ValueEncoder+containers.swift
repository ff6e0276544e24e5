/// An object in the making.
struct KeyedNodes<Key: CodingKey>: KeyedEncodingContainerProtocol {
  private let node: EncodedNode
  private let userInfo: [CodingUserInfoKey: Any]
  let codingPath: [any CodingKey]

  init(encoder: ValueEncoder) {
    node = encoder.node
    userInfo = encoder.userInfo
    codingPath = encoder.codingPath
  }

  func encodeNil(forKey key: Key) { add(key, .null) }
  func encode(_ value: Bool, forKey key: Key) { add(key, .bool(value)) }
  func encode(_ value: String, forKey key: Key) { add(key, .string(value)) }
  func encode(_ value: Int, forKey key: Key) { add(key, .signed(Int64(value))) }
  func encode(_ value: Int8, forKey key: Key) { add(key, .signed(Int64(value))) }
  func encode(_ value: Int16, forKey key: Key) { add(key, .signed(Int64(value))) }
  func encode(_ value: Int32, forKey key: Key) { add(key, .signed(Int64(value))) }
  func encode(_ value: Int64, forKey key: Key) { add(key, .signed(value)) }
  func encode(_ value: UInt, forKey key: Key) { add(key, .unsigned(UInt64(value))) }
  func encode(_ value: UInt8, forKey key: Key) { add(key, .unsigned(UInt64(value))) }
  func encode(_ value: UInt16, forKey key: Key) { add(key, .unsigned(UInt64(value))) }
  func encode(_ value: UInt32, forKey key: Key) { add(key, .unsigned(UInt64(value))) }
  func encode(_ value: UInt64, forKey key: Key) { add(key, .unsigned(value)) }
  func encode(_ value: Int128, forKey key: Key) { add(key, .value(.writing { $0.int(value) })) }
  func encode(_ value: UInt128, forKey key: Key) { add(key, .value(.writing { $0.int(value) })) }

  func encode(_ value: Double, forKey key: Key) throws {
    add(key, try ValueEncoder.content(value, codingPath + [key]))
  }

  func encode(_ value: Float, forKey key: Key) throws {
    add(key, try ValueEncoder.content(value, codingPath + [key]))
  }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try child(key).encode(value) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { child(key).unkeyedContainer() }

  func superEncoder() -> any Encoder { child(PathKey(stringValue: "super")) }

  func superEncoder(forKey key: Key) -> any Encoder { child(key) }

  private func child(_ key: any CodingKey) -> ValueEncoder {
    ValueEncoder(node: add(key, .nothing), codingPath: codingPath + [key], userInfo: userInfo)
  }

  /// A scalar needs no encoder of its own.
  @discardableResult
  private func add(_ key: any CodingKey, _ content: EncodedNode.Content) -> EncodedNode {
    let child = EncodedNode(content)
    if case .object(var members) = node.content {
      // Emptied first, so that the append finds the array unshared and does not copy it.
      node.content = .nothing
      members.append((key.stringValue, child))
      node.content = .object(members)
    }
    return child
  }
}

/// An array in the making.
struct UnkeyedNodes: UnkeyedEncodingContainer {
  private let node: EncodedNode
  private let userInfo: [CodingUserInfoKey: Any]
  let codingPath: [any CodingKey]

  init(encoder: ValueEncoder) {
    node = encoder.node
    userInfo = encoder.userInfo
    codingPath = encoder.codingPath
  }

  var count: Int {
    if case .array(let nodes) = node.content { return nodes.count }
    return 0
  }

  func encodeNil() { child().encodeNil() }
  func encode<Value: Encodable>(_ value: Value) throws { try child().encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    child().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }

  func superEncoder() -> any Encoder { child() }

  private func child() -> ValueEncoder {
    let child = EncodedNode()
    let index = count
    if case .array(var nodes) = node.content {
      // Emptied first, so that the append finds the array unshared and does not copy it.
      node.content = .nothing
      nodes.append(child)
      node.content = .array(nodes)
    }
    return ValueEncoder(node: child, codingPath: codingPath + [PathKey(intValue: index)], userInfo: userInfo)
  }
}
