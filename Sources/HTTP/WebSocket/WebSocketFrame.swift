/// What a frame's header says: RFC 6455, section 5.2.
struct WebSocketFrame: Sendable, Equatable {
  enum Opcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xa

    var isControl: Bool { rawValue & 0x8 != 0 }
  }

  /// A control frame's payload is never longer.
  static let controlBytes = 125

  let opcode: Opcode
  /// The message's last fragment; always so for a control frame.
  let isFinal: Bool
  /// Of the payload, in bytes.
  var length = 0
  /// Its first byte on the wire is the highest one. Nil when the payload is plain.
  var maskingKey: UInt32?
}
