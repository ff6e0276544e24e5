/// The bytes that JSON's grammar names.
enum ASCII {
  static let quote: UInt8 = 0x22
  static let backslash: UInt8 = 0x5c
  static let slash: UInt8 = 0x2f
  static let comma: UInt8 = 0x2c
  static let colon: UInt8 = 0x3a
  static let minus: UInt8 = 0x2d
  static let plus: UInt8 = 0x2b
  static let dot: UInt8 = 0x2e
  static let openBrace: UInt8 = 0x7b
  static let closeBrace: UInt8 = 0x7d
  static let openBracket: UInt8 = 0x5b
  static let closeBracket: UInt8 = 0x5d
  static let zero: UInt8 = 0x30
  static let nine: UInt8 = 0x39

  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }

  /// RFC 8259, section 2: space, tab, line feed, carriage return.
  @inline(__always) static func isSpace(_ byte: UInt8) -> Bool {
    byte <= 0x20 && (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09)
  }

  @inline(__always) static func hexValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte &- 0x30)
    case 0x41...0x46: UInt32(byte &- 0x37)
    case 0x61...0x66: UInt32(byte &- 0x57)
    default: nil
    }
  }
}
