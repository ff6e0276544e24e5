/// The classes that an escape names, as Unicode sees them: `\d` is every decimal digit, `\w` every letter, every
/// number and `_`, `\s` white space.
enum ScalarClass: UInt8, Sendable {
  case word, digit, space

  func bit(isNegated: Bool) -> ClassBits { ClassBits(rawValue: 1 << (rawValue + (isNegated ? 3 : 0))) }

  func contains(_ scalar: UInt32) -> Bool { ClassBits(of: scalar).contains(bit(isNegated: false)) }
}

/// To which classes a scalar belongs, and from which it is missing: a bit for each, three of them set. Of a set, which
/// of these bits lets a scalar in.
struct ClassBits: OptionSet, Sendable {
  let rawValue: UInt8

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(of scalar: UInt32) {
    let (isWord, isDigit, isSpace) =
      scalar < 0x80 ? Self.ascii(UInt8(scalar)) : Self.beyondASCII(Unicode.Scalar(scalar) ?? "\u{fffd}")
    self = [
      ScalarClass.word.bit(isNegated: !isWord), ScalarClass.digit.bit(isNegated: !isDigit),
      ScalarClass.space.bit(isNegated: !isSpace),
    ]
  }

  private static func ascii(_ byte: UInt8) -> (isWord: Bool, isDigit: Bool, isSpace: Bool) {
    let isDigit = byte &- UInt8(ascii: "0") < 10
    let isWord = isDigit || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
    return (isWord, isDigit, byte == 0x20 || (0x09...0x0d).contains(byte))
  }

  private static func beyondASCII(_ scalar: Unicode.Scalar) -> (isWord: Bool, isDigit: Bool, isSpace: Bool) {
    let category = scalar.properties.generalCategory
    switch category {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber:
      return (true, category == .decimalNumber, false)
    default: return (false, false, scalar.properties.isWhitespace)
    }
  }
}
