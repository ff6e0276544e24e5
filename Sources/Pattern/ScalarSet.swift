/// A set of Unicode scalars: what `[…]`, `\d`, `\w` and `\s` stand for.
struct ScalarSet: Sendable {
  /// Ranges and classes of which each adds to the set.
  struct Members: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var classes: [(kind: ScalarClass, isNegated: Bool)] = []

    func contains(_ scalar: UInt32) -> Bool {
      ranges.contains { $0.contains(scalar) }
        || classes.contains { $0.kind.contains(scalar) != $0.isNegated }
    }
  }

  private let members: Members
  private let isNegated: Bool
  private let foldsCase: Bool
  private(set) var ascii = ASCIISet()

  init(_ members: Members, isNegated: Bool, foldsCase: Bool) {
    (self.members, self.isNegated, self.foldsCase) = (members, isNegated, foldsCase)
    for scalar: UInt32 in 0..<128 where decides(scalar) { ascii.insert(scalar) }
  }

  init(_ kind: ScalarClass, isNegated: Bool) {
    self.init(Members(classes: [(kind, isNegated)]), isNegated: false, foldsCase: false)
  }

  func contains(_ scalar: UInt32) -> Bool {
    scalar < 128 ? ascii.contains(scalar) : decides(scalar)
  }

  private func decides(_ scalar: UInt32) -> Bool {
    guard foldsCase else { return members.contains(scalar) != isNegated }
    let isMember =
      members.contains(scalar) || members.contains(LetterCase.lower(scalar))
      || members.contains(LetterCase.upper(scalar))
    return isMember != isNegated
  }
}

/// A set of ASCII scalars, which are most of every text: one bit for each.
struct ASCIISet: Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  mutating func insert(_ scalar: UInt32) {
    if scalar < 64 { low |= 1 << UInt64(scalar) } else { high |= 1 << UInt64(scalar & 63) }
  }

  /// For scalars below 128.
  @inline(__always)
  func contains(_ scalar: UInt32) -> Bool {
    (scalar < 64 ? low : high) >> UInt64(scalar & 63) & 1 == 1
  }
}

/// The classes that an escape names, as Unicode sees them: `\d` is every decimal digit, `\w` every letter, every
/// number and `_`, `\s` white space.
enum ScalarClass: Sendable {
  case digit, word, space

  func contains(_ scalar: UInt32) -> Bool {
    if scalar < 128 { return containsASCII(UInt8(scalar)) }
    guard let scalar = Unicode.Scalar(scalar) else { return false }
    switch self {
    case .space: return scalar.properties.isWhitespace
    case .digit: return scalar.properties.generalCategory == .decimalNumber
    case .word:
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber:
        return true
      default: return false
      }
    }
  }

  private func containsASCII(_ byte: UInt8) -> Bool {
    let isDigit = byte &- UInt8(ascii: "0") < 10
    switch self {
    case .digit: return isDigit
    case .word: return isDigit || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
    case .space: return byte == 0x20 || (0x09...0x0d).contains(byte)
    }
  }
}

/// Simple case mapping: a scalar that becomes several, such as `ß` in capitals, stays itself.
enum LetterCase {
  static func lower(_ scalar: UInt32) -> UInt32 {
    if scalar < 128 { return scalar &- 0x41 < 26 ? scalar | 0x20 : scalar }
    return single(Unicode.Scalar(scalar)?.properties.lowercaseMapping) ?? scalar
  }

  static func upper(_ scalar: UInt32) -> UInt32 {
    if scalar < 128 { return scalar &- 0x61 < 26 ? scalar & ~0x20 : scalar }
    return single(Unicode.Scalar(scalar)?.properties.uppercaseMapping) ?? scalar
  }

  private static func single(_ mapping: String?) -> UInt32? {
    guard let scalars = mapping?.unicodeScalars, scalars.count == 1 else { return nil }
    return scalars.first?.value
  }
}
