/// The bytes that HTTP's grammar names, and its classes of them (RFC 9110, section 5.6).
enum Octet {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0a
  static let carriageReturn: UInt8 = 0x0d
  static let space: UInt8 = 0x20
  static let quote: UInt8 = 0x22
  static let percent: UInt8 = 0x25
  static let plus: UInt8 = 0x2b
  static let comma: UInt8 = 0x2c
  static let hyphen: UInt8 = 0x2d
  static let dot: UInt8 = 0x2e
  static let slash: UInt8 = 0x2f
  static let zero: UInt8 = 0x30
  static let colon: UInt8 = 0x3a
  static let semicolon: UInt8 = 0x3b
  static let equals: UInt8 = 0x3d
  static let question: UInt8 = 0x3f
  static let backslash: UInt8 = 0x5c

  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }
  @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
  @inline(__always) static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
  @inline(__always) static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// `tchar`: what methods, field names and parameters are made of. One bit for each ASCII byte.
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool {
    let mask: UInt64 = byte < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe
    return byte < 128 && mask >> UInt64(byte & 63) & 1 == 1
  }

  /// What a field value may hold: visible characters, blanks and bytes beyond ASCII.
  @inline(__always)
  static func isFieldText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == tab }

  /// Eight bytes at a time while none of them is below a space or DEL.
  static func areFieldText(_ span: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var place = range.lowerBound
    while place &+ 8 <= range.upperBound {
      let word = span.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
      let delete = word ^ (ones &* 0x7f)
      let suspects = (((word &- ones &* 0x20) & ~word) | ((delete &- ones) & ~delete)) & 0x8080_8080_8080_8080
      if suspects != 0 {
        for suspect in place..<place &+ 8 where !isFieldText(span[suspect]) { return false }
      }
      place &+= 8
    }
    while place < range.upperBound {
      guard isFieldText(span[place]) else { return false }
      place &+= 1
    }
    return true
  }

  static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte &- 0x30
    case 0x41...0x46: byte &- 0x37
    case 0x61...0x66: byte &- 0x57
    default: nil
    }
  }
}
