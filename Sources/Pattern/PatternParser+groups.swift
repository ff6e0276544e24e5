extension PatternParser {
  /// What follows an opening parenthesis, up to and with the closing one. `(?i)` alone is empty and changes the flags
  /// of the rest of the group around it.
  mutating func group(from start: Int, depth: Int) throws(PatternError) -> PatternNode {
    let outer = flags
    guard take("?") else {
      let number = try openGroup(name: nil, from: start)
      return .group(number, try content(from: start, depth: depth, restoring: outer))
    }
    if take(":") { return try content(from: start, depth: depth, restoring: outer) }
    try refuseUnsupported(from: start)
    if take("P<") || take("<") {
      let number = try openGroup(name: try name(), from: start)
      return .group(number, try content(from: start, depth: depth, restoring: outer))
    }
    try readFlags(from: start)
    if take(")") { return .empty }
    guard take(":") else { throw error(.unknownGroup, at: start) }
    return try content(from: start, depth: depth, restoring: outer)
  }

  private mutating func content(
    from start: Int, depth: Int, restoring outer: Flags
  ) throws(PatternError) -> PatternNode {
    let content = try alternation(depth: depth + 1)
    guard take(")") else { throw error(.unclosedGroup, at: start) }
    flags = outer
    return content
  }

  private func refuseUnsupported(from start: Int) throws(PatternError) {
    if follows("=") || follows("!") || follows("<=") || follows("<!") { throw error(.lookAround, at: start) }
    if follows(">") { throw error(.atomicGroup, at: start) }
    if follows("P=") { throw error(.backreference, at: start) }
  }

  /// The name behind `(?<`, with the `>` that ends it.
  private mutating func name() throws(PatternError) -> String {
    let start = place
    var name = ""
    while let scalar = next, ScalarClass.word.contains(scalar.value) { name.unicodeScalars.append(advance()) }
    guard take(">"), let first = name.unicodeScalars.first, !ScalarClass.digit.contains(first.value) else {
      throw error(.badName, at: start)
    }
    return name
  }

  /// `i`, `m`, `s`, and behind a `-` those to switch off.
  private mutating func readFlags(from start: Int) throws(PatternError) {
    var turnsOn = true
    let first = place
    while let scalar = next, scalar != ")", scalar != ":" {
      switch advance() {
      case "i": flags.foldsCase = turnsOn
      case "m": flags.isMultiline = turnsOn
      case "s": flags.dotTakesLineFeed = turnsOn
      case "-" where turnsOn: turnsOn = false
      default: throw error(.unknownGroup, at: start)
      }
    }
    guard place > first else { throw error(.unknownGroup, at: start) }
  }
}
