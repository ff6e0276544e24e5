/// `F4 | length u8 | label`: in the clear before every datagram, and at the start of a stream by its opener only.
package enum LabelHeader {
  package static func byteCount(of label: [UInt8]) -> Int { label.isEmpty ? 0 : 2 + label.count }

  /// The header for a label of 1 to 255 bytes; nothing for an empty one.
  package static func encode(_ label: [UInt8]) -> [UInt8] {
    precondition(label.count <= 255, "a label of \(label.count) bytes; its length is sent in one byte")
    return label.isEmpty ? [] : [MessageType.label.rawValue, UInt8(label.count)] + label
  }

  /// Cuts the header off. The label is empty if there is none: the caller compares it with its own and drops a packet
  /// whose label differs.
  package static func split(
    _ bytes: ArraySlice<UInt8>
  ) throws(WireError) -> (label: ArraySlice<UInt8>, rest: ArraySlice<UInt8>) {
    guard bytes.first == MessageType.label.rawValue else { return (bytes.prefix(0), bytes) }
    guard bytes.count >= 2 else { throw WireError(.truncated, at: bytes.count) }
    let count = Int(bytes[bytes.startIndex + 1])
    guard count > 0 else { throw WireError(.badLabel, at: 1) }
    guard bytes.count >= 2 + count else { throw WireError(.truncated, at: bytes.count) }
    return (bytes.dropFirst(2).prefix(count), bytes.dropFirst(2 + count))
  }
}
