/// WebSocket frames as the bytes that are sent: RFC 6455, section 5.2.
///
/// A client gives a masking key for each frame, a new one each time; a server gives none. Lengths are written in their
/// shortest form.
package enum WebSocketWire {
  /// A whole message. The bytes must be UTF-8.
  package static func appendText(
    _ text: some Collection<UInt8>, maskingKey: UInt32? = nil, to bytes: inout [UInt8]
  ) {
    append(.text, text, maskingKey: maskingKey, to: &bytes)
  }

  package static func appendBinary(
    _ payload: some Collection<UInt8>, maskingKey: UInt32? = nil, to bytes: inout [UInt8]
  ) {
    append(.binary, payload, maskingKey: maskingKey, to: &bytes)
  }

  /// At most 125 bytes.
  package static func appendPing(
    _ payload: some Collection<UInt8> = [], maskingKey: UInt32? = nil, to bytes: inout [UInt8]
  ) {
    append(.ping, payload, maskingKey: maskingKey, to: &bytes)
  }

  /// The ping's own bytes.
  package static func appendPong(
    _ payload: some Collection<UInt8>, maskingKey: UInt32? = nil, to bytes: inout [UInt8]
  ) {
    append(.pong, payload, maskingKey: maskingKey, to: &bytes)
  }

  /// No frame may follow it.
  package static func appendClose(_ close: WebSocketClose, maskingKey: UInt32? = nil, to bytes: inout [UInt8]) {
    append(.close, close.payload, maskingKey: maskingKey, to: &bytes)
  }

  static func append(
    _ opcode: WebSocketFrame.Opcode, isFinal: Bool = true, _ payload: some Collection<UInt8>, maskingKey: UInt32?,
    to bytes: inout [UInt8]
  ) {
    let count = payload.count
    precondition(
      !opcode.isControl || count <= WebSocketFrame.controlBytes, "a control frame of \(count) bytes; 125 fit")
    // No capacity is asked for: `bytes` may be a queue of many frames, all moved whenever just enough is asked for.
    bytes.append(opcode.rawValue | (isFinal ? 0x80 : 0))
    let mask: UInt8 = maskingKey == nil ? 0 : 0x80
    if count <= 125 {
      bytes.append(mask | UInt8(count))
    } else if count <= 0xffff {
      bytes.append(mask | 126)
      appendBigEndian(UInt64(count), count: 2, to: &bytes)
    } else {
      bytes.append(mask | 127)
      appendBigEndian(UInt64(count), count: 8, to: &bytes)
    }
    if let maskingKey { appendBigEndian(UInt64(maskingKey), count: 4, to: &bytes) }
    let start = bytes.count
    bytes.append(contentsOf: payload)
    WebSocketMask.apply(maskingKey, to: &bytes, from: start, payloadStart: start)
  }

  private static func appendBigEndian(_ number: UInt64, count: Int, to bytes: inout [UInt8]) {
    for place in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place))) }
  }
}
