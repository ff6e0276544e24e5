extension PatternParser {
  struct Quantifier {
    let least: Int
    let most: Int?
    let start: Int
  }

  /// A part with the quantifier that follows it, if one does.
  mutating func repeated(_ part: PatternNode) throws(PatternError) -> PatternNode {
    guard let quantifier = try quantifier() else { return part }
    switch part {
    // What takes nothing by itself, such as `^` or `(?i)`, is not meant to be repeated: a slip of the pen.
    case .assertion, .empty: throw error(.nothingToRepeat, at: quantifier.start)
    default: break
    }
    if let most = quantifier.most, most < quantifier.least { throw error(.badRepeat, at: quantifier.start) }
    guard max(quantifier.least, quantifier.most ?? 0) <= PatternLimits.repeatCount else {
      throw error(.repeatTooLarge, at: quantifier.start)
    }
    let isGreedy = !take("?")
    let end = place
    if isGreedy, take("+") { throw error(.possessive, at: end) }
    guard try self.quantifier() == nil else { throw error(.nothingToRepeat, at: end) }
    return .repetition(part, least: quantifier.least, most: quantifier.most, isGreedy: isGreedy)
  }

  /// Takes `*`, `+`, `?`, `{m}`, `{m,}`, `{m,n}` or `{,n}`; a brace that begins none of these is a brace.
  mutating func quantifier() throws(PatternError) -> Quantifier? {
    let start = place
    if take("*") { return Quantifier(least: 0, most: nil, start: start) }
    if take("+") { return Quantifier(least: 1, most: nil, start: start) }
    if take("?") { return Quantifier(least: 0, most: 1, start: start) }
    guard take("{") else { return nil }
    let least = number()
    let most = take(",") ? number() : least
    guard least != nil || most != nil, take("}") else {
      back(to: start)
      return nil
    }
    return Quantifier(least: least ?? 0, most: most, start: start)
  }

  /// Saturates far above the limit.
  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = next, ("0"..."9").contains(scalar) {
      advance()
      value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
    }
    return value
  }
}
