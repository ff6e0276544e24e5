extension PatternParser {
  /// What follows a backslash outside a class.
  mutating func escape(from start: Int) throws(PatternError) -> PatternNode {
    guard let letter = next else { throw error(.trailingBackslash, at: start) }
    if let (kind, isNegated) = Self.namedClass(letter) {
      advance()
      return .set(.named(kind, isNegated: isNegated))
    }
    if let assertion = Self.assertion(letter) {
      advance()
      return .assertion(assertion)
    }
    if ("1"..."9").contains(letter) || letter == "k" || letter == "g" { throw error(.backreference, at: start) }
    return literal(try escapedScalar(from: start))
  }

  static func namedClass(_ letter: Unicode.Scalar) -> (ScalarClass, isNegated: Bool)? {
    switch letter {
    case "d": (.digit, false)
    case "D": (.digit, true)
    case "w": (.word, false)
    case "W": (.word, true)
    case "s": (.space, false)
    case "S": (.space, true)
    default: nil
    }
  }

  private static func assertion(_ letter: Unicode.Scalar) -> PatternNode.Assertion? {
    switch letter {
    case "b": .wordBoundary
    case "B": .noWordBoundary
    case "A": .textStart
    case "z", "Z": .textEnd
    default: nil
    }
  }

  /// One scalar written as an escape: a sign by itself, a control character by its letter, any by its digits.
  mutating func escapedScalar(from start: Int) throws(PatternError) -> UInt32 {
    guard next != nil else { throw error(.trailingBackslash, at: start) }
    switch advance() {
    case "n": return 0x0a
    case "r": return 0x0d
    case "t": return 0x09
    case "f": return 0x0c
    case "v": return 0x0b
    case "a": return 0x07
    case "e": return 0x1b
    case "0": return 0x00
    case "x": return try codePoint(digits: 2, from: start)
    case "u": return try codePoint(digits: 4, from: start)
    case "U": return try codePoint(digits: 8, from: start)
    case let sign:
      guard sign.isASCII, !ScalarClass.word.contains(sign.value) || sign == "_" else {
        throw error(.unknownEscape, at: start)
      }
      return sign.value
    }
  }

  /// So many hexadecimal digits, or any number of them in braces.
  private mutating func codePoint(digits: Int, from start: Int) throws(PatternError) -> UInt32 {
    let inBraces = take("{")
    var value: UInt32 = 0
    var count = 0
    while count < (inBraces ? 8 : digits), let digit = next.flatMap({ Character($0).hexDigitValue }), next!.isASCII {
      advance()
      value = value << 4 | UInt32(digit)
      count += 1
    }
    let isWhole = inBraces ? count > 0 && take("}") : count == digits
    guard isWhole, Unicode.Scalar(value) != nil else { throw error(.badCodePoint, at: start) }
    return value
  }
}
