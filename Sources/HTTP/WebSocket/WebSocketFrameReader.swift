/// Reads one frame's header byte by byte and refuses it with the first byte that is wrong.
struct WebSocketFrameReader: Sendable {
  /// What the connection's state asks of the next frame.
  struct Rules {
    let isMasked: Bool
    /// A message was begun and is not at its end: of data frames only its continuation may come.
    let isInMessage: Bool
    let messageBytes: Int
    let limits: WebSocketLimits
  }

  private enum Stage: Sendable {
    case opcode
    case length(WebSocketFrame)
    /// Bytes of an extended length still due out of 2 or 8, and its value so far.
    case extendedLength(WebSocketFrame, due: Int, of: Int, UInt64)
    case maskingKey(WebSocketFrame, due: Int, UInt32)
  }

  private var stage = Stage.opcode

  init() {}

  /// Nil: all input is used up and the header is not at its end.
  mutating func next(
    _ span: Span<UInt8>, _ place: inout Int, _ rules: Rules
  ) throws(WebSocketError) -> WebSocketFrame? {
    while place < span.count {
      let byte = span[place]
      place += 1
      if let frame = try take(byte, rules) { return frame }
    }
    return nil
  }

  private mutating func take(_ byte: UInt8, _ rules: Rules) throws(WebSocketError) -> WebSocketFrame? {
    switch stage {
    case .opcode:
      stage = .length(try Self.frame(byte, rules))
      return nil
    case .length(let frame): return try takeLength(frame, byte, rules)
    case .extendedLength(let frame, let due, let count, let high):
      guard due < 8 || byte & 0x80 == 0 else { throw .broken("a frame's length has its highest bit set") }
      let value = high << 8 | UInt64(byte)
      guard due == 1 else {
        stage = .extendedLength(frame, due: due - 1, of: count, value)
        return nil
      }
      guard value > (count == 2 ? 125 : 0xffff) else { throw .broken("a frame's length is written longer than needed") }
      return try lengthIsKnown(frame, Int(value), rules)
    case .maskingKey(var frame, let due, let high):
      let key = high << 8 | UInt32(byte)
      if due > 1 {
        stage = .maskingKey(frame, due: due - 1, key)
        return nil
      }
      frame.maskingKey = key
      return frame
    }
  }

  private static func frame(_ byte: UInt8, _ rules: Rules) throws(WebSocketError) -> WebSocketFrame {
    guard byte & 0x70 == 0 else { throw .broken("a reserved bit is set, and no extension was agreed on") }
    guard let opcode = WebSocketFrame.Opcode(rawValue: byte & 0x0f) else {
      throw .broken("opcode \(byte & 0x0f) is reserved")
    }
    let isFinal = byte & 0x80 != 0
    switch opcode {
    case .close, .ping, .pong:
      guard isFinal else { throw .broken("a control frame is in fragments") }
    case .continuation:
      guard rules.isInMessage else { throw .broken("a continuation comes without a message to continue") }
    case .text, .binary:
      guard !rules.isInMessage else { throw .broken("a message begins before the last one's end") }
    }
    return WebSocketFrame(opcode: opcode, isFinal: isFinal)
  }

  private mutating func takeLength(
    _ frame: WebSocketFrame, _ byte: UInt8, _ rules: Rules
  ) throws(WebSocketError) -> WebSocketFrame? {
    guard (byte & 0x80 != 0) == rules.isMasked else {
      throw .broken(rules.isMasked ? "a client's frame is not masked" : "a server's frame is masked")
    }
    let length = Int(byte & 0x7f)
    guard !frame.opcode.isControl || length <= WebSocketFrame.controlBytes else {
      throw .broken("a control frame is longer than \(WebSocketFrame.controlBytes) bytes")
    }
    guard length > 125 else { return try lengthIsKnown(frame, length, rules) }
    let count = length == 126 ? 2 : 8
    stage = .extendedLength(frame, due: count, of: count, 0)
    return nil
  }

  /// A frame is refused before its payload comes.
  private mutating func lengthIsKnown(
    _ frame: WebSocketFrame, _ length: Int, _ rules: Rules
  ) throws(WebSocketError) -> WebSocketFrame? {
    if !frame.opcode.isControl {
      guard length <= rules.limits.frameBytes else {
        throw .tooBig("a frame is longer than \(rules.limits.frameBytes) bytes")
      }
      guard length <= rules.limits.messageBytes - rules.messageBytes else {
        throw .tooBig("a message is longer than \(rules.limits.messageBytes) bytes")
      }
    }
    var frame = frame
    frame.length = length
    guard rules.isMasked else { return frame }
    stage = .maskingKey(frame, due: 4, 0)
    return nil
  }
}
