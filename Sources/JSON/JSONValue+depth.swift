extension JSONValue {
  /// Whether more than `limit` arrays and objects are open at once somewhere inside, this one counted.
  package func isNested(deeperThan limit: Int) -> Bool {
    let span = bytes.span
    // Each level costs its two brackets: most values need no look.
    guard span.count > 2 * limit else { return false }
    var place = 0
    var open = 0
    while place < span.count {
      switch span[place] {
      case ASCII.quote:
        place = Skip.string(span, from: place)
        continue
      case ASCII.openBrace, ASCII.openBracket:
        open += 1
        if open > limit { return true }
      case ASCII.closeBrace, ASCII.closeBracket: open -= 1
      default: break
      }
      place += 1
    }
    return false
  }
}
