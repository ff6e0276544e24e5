/// A regular expression whose search takes time linear in the text, so that no pattern and no text can hold up a loop.
///
/// Syntax: `.`, `[a-z]`, `[^…]`, `\d \w \s \b` and their negations, `^ $ \A \z`, `(…)`, `(?:…)`, `(?<name>…)`, `|`,
/// `* + ? {m,n}` and their lazy forms, `(?i)`, `(?m)`, `(?s)`, `\n \t \r \f \v \xhh \uhhhh \u{…}`. It works on Unicode
/// scalars. Of all matches it finds the one that Perl would: the leftmost, and there the one whose choices come first.
/// Two things are told apart from Perl: an iteration that takes nothing does not end a loop whose body has other
/// choices, and `$` with `\Z` mean what they mean in Python.
package struct Pattern: Sendable {
  package let text: String
  /// By number, the whole match being 0; nil for a group without a name.
  package let groupNames: [String?]
  private let program: Program

  /// - Parameter sizeLimit: what `size` may be at most.
  /// - Throws: `PatternError` with the offset in the pattern: back-references and look-around cannot be had in linear
  ///   time, and what is larger than `PatternLimits` allows.
  package init(_ text: String, sizeLimit: Int = PatternLimits.programSize) throws(PatternError) {
    let (node, groupNames) = try PatternParser.parse(text)
    (self.text, self.groupNames) = (text, groupNames)
    program = try Program(node, sizeLimit: sizeLimit)
  }

  /// Instructions and ranges of classes, about a dozen bytes each.
  package var size: Int { program.size }

  /// Capturing groups, the whole match not counted.
  package var groupCount: Int { groupNames.count - 1 }

  /// The first match, with the places of its groups.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8 of at most 2 GiB; what is none matches as U+FFFD, byte by byte.
  ///   - start: where a match may begin at the earliest; `^` and `\b` still see what lies before.
  ///   - groups: how many groups are wanted; the fewer, the faster. nil: all.
  ///   - stepsLeft: the budget, of which every scalar takes a few; what is left of it comes back.
  /// - Throws: `tooManySteps` when the budget is used up.
  package func firstMatch(
    in bytes: Span<UInt8>, from start: Int = 0, groups: Int? = nil, stepsLeft: inout Int
  ) throws(PatternError) -> PatternMatch? {
    precondition(bytes.count < Int(Int32.max) && start <= bytes.count, "a text of \(bytes.count) bytes from \(start)")
    let wanted = min(groups ?? groupCount, groupCount)
    var machine = PikeMachine(program, slotCount: 2 * (wanted + 1), steps: stepsLeft)
    defer { stepsLeft = machine.stepsLeft }
    return try machine.search(bytes, from: start).map { PatternMatch(slots: $0) }
  }

  /// The same with a budget of its own.
  package func firstMatch(
    in bytes: Span<UInt8>, from start: Int = 0, groups: Int? = nil, steps: Int = PatternLimits.steps
  ) throws(PatternError) -> PatternMatch? {
    var stepsLeft = steps
    return try firstMatch(in: bytes, from: start, groups: groups, stepsLeft: &stepsLeft)
  }

  /// Is there a match at all?
  package func matches(_ bytes: Span<UInt8>, steps: Int = PatternLimits.steps) throws(PatternError) -> Bool {
    try firstMatch(in: bytes, groups: 0, steps: steps) != nil
  }
}

/// Where a pattern matched, in bytes from the text's start.
package struct PatternMatch: Sendable, Equatable {
  /// By number, the whole match being 0; nil for a group that took no part.
  package let groups: [Range<Int>?]

  init(slots: [Int32]) {
    groups = stride(from: 0, to: slots.count, by: 2).map { slot in
      let (start, end) = (Int(slots[slot]), Int(slots[slot + 1]))
      return start >= 0 && end >= start ? start..<end : nil
    }
  }

  package var range: Range<Int> { groups[0] ?? 0..<0 }
}
