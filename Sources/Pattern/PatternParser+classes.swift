extension PatternParser {
  /// What follows an opening bracket, up to and with the closing one.
  mutating func set(from start: Int) throws(PatternError) -> PatternNode {
    let isNegated = take("^")
    var members = ScalarSet.Members()
    var isFirst = true
    while isFirst || !take("]") {
      guard next != nil else { throw error(.unclosedClass, at: start) }
      try member(into: &members, from: start)
      isFirst = false
    }
    return .set(ScalarSet(members, isNegated: isNegated, foldsCase: flags.foldsCase))
  }

  /// One class, scalar or range.
  private mutating func member(into members: inout ScalarSet.Members, from start: Int) throws(PatternError) {
    let first = place
    if follows("[:") { throw error(.posixClass) }
    guard let low = try classScalar(into: &members, from: start) else {
      // A class ends no range; the hyphen behind it stands for itself only before the closing bracket.
      if follows("-"), !follows("-]") { throw error(.badRange, at: first) }
      return
    }
    guard follows("-"), !follows("-]"), take("-") else {
      members.ranges.append(low...low)
      return
    }
    guard next != nil else { throw error(.unclosedClass, at: start) }
    guard let high = try classScalar(into: &members, from: start), low <= high else {
      throw error(.badRange, at: first)
    }
    members.ranges.append(low...high)
  }

  /// A scalar, or nil when it was a class, which is added.
  private mutating func classScalar(
    into members: inout ScalarSet.Members, from start: Int
  ) throws(PatternError) -> UInt32? {
    let first = place
    let scalar = advance()
    guard scalar == "\\" else { return scalar.value }
    guard let letter = next else { throw error(.unclosedClass, at: start) }
    if let (kind, isNegated) = Self.namedClass(letter) {
      advance()
      members.classes.formUnion(kind.bit(isNegated: isNegated))
      return nil
    }
    // Between brackets a backspace; outside a word's boundary.
    return take("b") ? 0x08 : try escapedScalar(from: first)
  }
}
