import Clockwork
import Testing

@testable import Pattern

/// Random patterns over a small alphabet, so that they often match.
private struct PatternMaker {
  var random: SplitMix64

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &random)! }

  mutating func pattern(depth: Int) -> String {
    let branches = (0..<pick([1, 1, 1, 2, 3])).map { _ in
      (0..<pick([0, 1, 1, 2, 2, 3])).map { _ in piece(depth: depth) }.joined()
    }
    return pick(["", "", "", "(?i)"]) + branches.joined(separator: "|")
  }

  private mutating func piece(depth: Int) -> String {
    let kind = Int.random(in: 0..<10, using: &random)
    if kind == 0 { return pick(["^", "$", "\\b", "\\B"]) }
    let atom =
      switch kind {
      case 1, 2,
        3 where depth > 0:
        pick(["(", "(?:"]) + pattern(depth: depth - 1) + ")"
      case 4: pick(["[ab]", "[^a]", "[b-dé]", "\\w", "\\W", "."])
      default: pick(["a", "b", "c", "é", " "])
      }
    return atom + pick(["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}"])
  }

  mutating func text() -> String {
    (0..<pick([0, 1, 3, 5, 8])).map { _ in pick(["a", "b", "c", "é", "B", "É", " "]) }.joined()
  }
}

@Suite("Patterns against a naive matcher")
struct DifferentialTests {
  @Test("random patterns find the same match and groups as plain backtracking", arguments: [1, 2, 3] as [UInt64])
  func random(seed: UInt64) throws {
    var maker = PatternMaker(random: SplitMix64(seed: seed))
    for _ in 0..<400 {
      let text = maker.pattern(depth: 2)
      guard let (node, names) = try? PatternParser.parse(text), let pattern = try? Pattern(text) else { continue }
      let subject = maker.text()
      let expected = NaiveMatcher(subject, groupCount: names.count - 1).firstMatch(node)
      let found = try pattern.first(in: subject)?.groups
      if node.hasNullableLoop {
        #expect(found?[0]?.lowerBound == expected?[0]?.lowerBound, "\(text) in '\(subject)', seed \(seed)")
      } else {
        #expect(found == expected, "\(text) in '\(subject)', seed \(seed)")
      }
    }
  }
}
