extension Grammar {
  /// A string from its opening quote: escapes, surrogate pairs and UTF-8 checked.
  static func string(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
    var place = start + 1
    while true {
      place = plainRun(bytes, from: place)
      guard place < bytes.count else { throw JSONError(.unexpectedEnd, at: place) }
      switch bytes[place] {
      case ASCII.quote: return place + 1
      case ASCII.backslash: place = try escape(bytes, from: place)
      case 0..<0x20: throw JSONError(.controlCharacter, at: place)
      default: place = try multibyte(bytes, from: place)
      }
    }
  }

  /// The place of the first byte that is a quote, a backslash, a control character or no ASCII; eight bytes at a time.
  @inline(__always)
  static func plainRun(_ bytes: Span<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var place = start
    while place &+ 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
      let quote = word ^ (ones &* UInt64(ASCII.quote))
      let backslash = word ^ (ones &* UInt64(ASCII.backslash))
      // In each term the lowest flagged byte is a true one; a borrow can only flag bytes above it.
      let control = (word &- ones &* 0x20) & ~word
      let special = (control | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | word) & highs
      if special != 0 { return place &+ special.trailingZeroBitCount / 8 }
      place &+= 8
    }
    while place < bytes.count {
      let byte = bytes[place]
      if byte < 0x20 || byte >= 0x80 || byte == ASCII.quote || byte == ASCII.backslash { return place }
      place &+= 1
    }
    return place
  }

  private static func escape(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
    guard start + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: start + 1) }
    switch bytes[start + 1] {
    case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
      UInt8(ascii: "r"), UInt8(ascii: "t"):
      return start + 2
    case UInt8(ascii: "u"):
      let unit = try codeUnit(bytes, from: start)
      if unit & 0xf800 != 0xd800 { return start + 6 }
      guard unit < 0xdc00 else { throw JSONError(.loneSurrogate, at: start) }
      guard start + 6 < bytes.count else { throw JSONError(.unexpectedEnd, at: start + 6) }
      guard bytes[start + 6] == ASCII.backslash else { throw JSONError(.loneSurrogate, at: start) }
      guard start + 7 < bytes.count else { throw JSONError(.unexpectedEnd, at: start + 7) }
      guard bytes[start + 7] == UInt8(ascii: "u"), try codeUnit(bytes, from: start + 6) & 0xfc00 == 0xdc00 else {
        throw JSONError(.loneSurrogate, at: start)
      }
      return start + 12
    default: throw JSONError(.badEscape, at: start)
    }
  }

  /// The four hexadecimal digits of the `\u` escape at `start`.
  static func codeUnit(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for place in start + 2..<start + 6 {
      guard place < bytes.count else { throw JSONError(.unexpectedEnd, at: place) }
      guard let digit = ASCII.hexValue(bytes[place]) else { throw JSONError(.badEscape, at: start) }
      unit = unit << 4 | digit
    }
    return unit
  }

  /// A sequence of two to four bytes as in table 3-7 of the Unicode standard: no overlong form, no surrogate, nothing
  /// above U+10FFFF.
  private static func multibyte(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
    let length: Int
    let second: ClosedRange<UInt8>
    switch bytes[start] {
    case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
    case 0xe0: (length, second) = (3, 0xa0...0xbf)
    case 0xed: (length, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
    case 0xf0: (length, second) = (4, 0x90...0xbf)
    case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
    case 0xf4: (length, second) = (4, 0x80...0x8f)
    default: throw JSONError(.badUTF8, at: start)
    }
    for step in 1..<length {
      guard start + step < bytes.count else { throw JSONError(.unexpectedEnd, at: start + step) }
      let allowed = step == 1 ? second : 0x80...0xbf
      guard allowed.contains(bytes[start + step]) else { throw JSONError(.badUTF8, at: start) }
    }
    return start + length
  }
}
