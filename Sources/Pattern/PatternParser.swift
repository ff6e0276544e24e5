/// Reads a pattern's text. The syntax is Perl's as far as it can be searched for in linear time.
struct PatternParser {
  /// What `(?i)`, `(?m)` and `(?s)` switch until their group ends.
  struct Flags {
    var foldsCase = false
    /// `^` and `$` hold at every line.
    var isMultiline = false
    /// `.` takes line feeds too.
    var dotTakesLineFeed = false
  }

  private let scalars: [Unicode.Scalar]
  private(set) var place = 0
  var flags = Flags()
  /// By number; the whole match is number 0 and has none.
  private(set) var groupNames: [String?] = [nil]

  static func parse(_ text: String) throws(PatternError) -> (node: PatternNode, groupNames: [String?]) {
    guard text.utf8.count <= PatternLimits.patternBytes else {
      throw PatternError(.patternTooLong, at: PatternLimits.patternBytes)
    }
    var parser = PatternParser(scalars: Array(text.unicodeScalars))
    let node = try parser.alternation(depth: 0)
    guard parser.next == nil else { throw parser.error(.unopenedGroup) }
    return (node, parser.groupNames)
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  // MARK: Branches, sequences, atoms

  mutating func alternation(depth: Int) throws(PatternError) -> PatternNode {
    guard depth <= PatternLimits.nesting else { throw error(.nestedTooDeep) }
    var branches = [try sequence(depth: depth)]
    while take("|") { branches.append(try sequence(depth: depth)) }
    return branches.count == 1 ? branches[0] : .alternation(branches)
  }

  private mutating func sequence(depth: Int) throws(PatternError) -> PatternNode {
    var parts: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = place
      guard try quantifier() == nil else { throw error(.nothingToRepeat, at: start) }
      let part = try atom(depth: depth)
      parts.append(try repeated(part))
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  private mutating func atom(depth: Int) throws(PatternError) -> PatternNode {
    let start = place
    switch advance() {
    case "(": return try group(from: start, depth: depth)
    case "[": return try set(from: start)
    case "\\": return try escape(from: start)
    case ".": return .any(includingLineFeed: flags.dotTakesLineFeed)
    case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEndOrLastLineFeed)
    case let scalar: return literal(scalar.value)
    }
  }

  func literal(_ scalar: UInt32) -> PatternNode {
    let hasCase = flags.foldsCase && (LetterCase.lower(scalar) != scalar || LetterCase.upper(scalar) != scalar)
    return .scalar(hasCase ? LetterCase.lower(scalar) : scalar, foldsCase: hasCase)
  }

  // MARK: The text

  var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  func follows(_ text: String) -> Bool { scalars[place...].starts(with: text.unicodeScalars) }

  /// Takes the next scalar, which must be there.
  @discardableResult
  mutating func advance() -> Unicode.Scalar {
    defer { place += 1 }
    return scalars[place]
  }

  mutating func take(_ text: String) -> Bool {
    guard follows(text) else { return false }
    place += text.unicodeScalars.count
    return true
  }

  mutating func back(to place: Int) { self.place = place }

  mutating func openGroup(name: String?, from start: Int) throws(PatternError) -> Int {
    guard groupNames.count <= PatternLimits.groups else { throw error(.tooManyGroups, at: start) }
    if let name, groupNames.contains(name) { throw error(.duplicateName, at: start) }
    groupNames.append(name)
    return groupNames.count - 1
  }

  func error(_ code: PatternError.Code, at place: Int? = nil) -> PatternError {
    let passed = scalars[..<(place ?? self.place)]
    return PatternError(code, at: passed.reduce(0) { $0 + UTF8.width($1) })
  }
}
