/// An object in the making.
struct KeyedNodes<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: ValueEncoder

  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil(forKey key: Key) { child(key).encodeNil() }
  func encode(_ value: Bool, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: String, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: Double, forKey key: Key) throws { try child(key).encode(value) }
  func encode(_ value: Float, forKey key: Key) throws { try child(key).encode(value) }
  func encode(_ value: Int, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: Int8, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: Int16, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: Int32, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: Int64, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: Int128, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: UInt, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: UInt8, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: UInt16, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: UInt32, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: UInt64, forKey key: Key) { child(key).encode(value) }
  func encode(_ value: UInt128, forKey key: Key) { child(key).encode(value) }
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
    let node = EncodedNode()
    if case .object(var members) = encoder.node.content {
      // Emptied first, so that the append finds the array unshared and does not copy it.
      encoder.node.content = .nothing
      members.append((key.stringValue, node))
      encoder.node.content = .object(members)
    }
    return encoder.child(node, key)
  }
}

/// An array in the making.
struct UnkeyedNodes: UnkeyedEncodingContainer {
  let encoder: ValueEncoder

  var codingPath: [any CodingKey] { encoder.codingPath }

  var count: Int {
    if case .array(let nodes) = encoder.node.content { return nodes.count }
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
    let node = EncodedNode()
    let index = count
    if case .array(var nodes) = encoder.node.content {
      // Emptied first, so that the append finds the array unshared and does not copy it.
      encoder.node.content = .nothing
      nodes.append(node)
      encoder.node.content = .array(nodes)
    }
    return encoder.child(node, PathKey(intValue: index))
  }
}
