/// One scalar of UTF-8. A byte that is no part of well-formed UTF-8 (table 3-7 of the Unicode standard) is U+FFFD by
/// itself, so that every text can be searched.
struct Decoded {
  static let replacement: UInt32 = 0xfffd

  let scalar: UInt32
  let length: Int

  /// The scalar that begins at `place`, which lies inside the text.
  @inline(__always)
  static func after(_ place: Int, in bytes: Span<UInt8>) -> Decoded {
    let first = bytes[place]
    return first < 0x80 ? Decoded(scalar: UInt32(first), length: 1) : multibyte(place, bytes)
  }

  /// The scalar that ends at `place`; nil at the text's start.
  static func before(_ place: Int, in bytes: Span<UInt8>) -> UInt32? {
    guard place > 0 else { return nil }
    for start in stride(from: place - 1, through: max(0, place - 4), by: -1) where bytes[start] & 0xc0 != 0x80 {
      let decoded = after(start, in: bytes)
      return start + decoded.length == place ? decoded.scalar : replacement
    }
    return replacement
  }

  private static func multibyte(_ place: Int, _ bytes: Span<UInt8>) -> Decoded {
    let first = UInt32(bytes[place])
    let (length, least): (Int, UInt32) =
      switch first {
      case 0xc2...0xdf: (2, 0x80)
      case 0xe0...0xef: (3, 0x800)
      case 0xf0...0xf4: (4, 0x1_0000)
      default: (1, 0)
      }
    guard length > 1, place + length <= bytes.count else { return Decoded(scalar: replacement, length: 1) }
    var scalar = first & (0xff >> UInt32(length + 1))
    for step in 1..<length {
      let byte = bytes[place + step]
      guard byte & 0xc0 == 0x80 else { return Decoded(scalar: replacement, length: 1) }
      scalar = scalar << 6 | UInt32(byte & 0x3f)
    }
    guard scalar >= least, Unicode.Scalar(scalar) != nil else { return Decoded(scalar: replacement, length: 1) }
    return Decoded(scalar: scalar, length: length)
  }
}
