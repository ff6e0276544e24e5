/// A scalar of the text with what a program's instructions ask about it: found out once, however many threads stand
/// before it, because Unicode's tables are far dearer to ask than a step may be.
struct Letter {
  /// Steps that Unicode's tables take beyond ASCII, for the letter's cases and for the classes of one scalar.
  static let (caseSteps, classSteps) = (16, 4)

  let scalar: UInt32
  /// The scalar itself where nobody asks.
  let lower: UInt32
  let upper: UInt32
  /// Of the scalar, and of any of its cases; empty where nobody asks.
  let classes: ClassBits
  let foldedClasses: ClassBits

  /// - Parameters:
  ///   - foldsCase: are its cases asked for?
  ///   - asksClasses: are its classes? Of ASCII they never are: sets have bits for it.
  @inline(__always)
  init(_ scalar: UInt32, foldsCase: Bool, asksClasses: Bool) {
    self.scalar = scalar
    (lower, upper) = foldsCase ? (LetterCase.lower(scalar), LetterCase.upper(scalar)) : (scalar, scalar)
    guard asksClasses, scalar >= 0x80 else {
      (classes, foldedClasses) = ([], [])
      return
    }
    classes = ClassBits(of: scalar)
    var folded = classes
    if lower != scalar { folded.formUnion(ClassBits(of: lower)) }
    if upper != scalar { folded.formUnion(ClassBits(of: upper)) }
    foldedClasses = folded
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
