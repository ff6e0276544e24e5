import Clockwork
import Testing

@testable import Pattern

/// A class as it is defined: every member is looked at, for the scalar and for both its cases.
private struct NaiveSet {
  let ranges: [ClosedRange<UInt32>]
  let classes: [(kind: ScalarClass, isNegated: Bool)]
  let isNegated: Bool
  let foldsCase: Bool

  var set: ScalarSet {
    var members = ScalarSet.Members(ranges: ranges)
    for (kind, isNegated) in classes { members.classes.formUnion(kind.bit(isNegated: isNegated)) }
    return ScalarSet(members, isNegated: isNegated, foldsCase: foldsCase)
  }

  func contains(_ scalar: UInt32) -> Bool {
    let cases = foldsCase ? [scalar, LetterCase.lower(scalar), LetterCase.upper(scalar)] : [scalar]
    return cases.contains(where: isMember) != isNegated
  }

  private func isMember(_ scalar: UInt32) -> Bool {
    ranges.contains { $0.contains(scalar) } || classes.contains { Self.isOf($0.kind, scalar) != $0.isNegated }
  }

  private static func isOf(_ kind: ScalarClass, _ scalar: UInt32) -> Bool {
    let properties = Unicode.Scalar(scalar)!.properties
    switch kind {
    case .space: return properties.isWhitespace
    case .digit: return properties.generalCategory == .decimalNumber
    case .word:
      if scalar == 0x5f { return true }
      switch properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber:
        return true
      default: return false
      }
    }
  }
}

@Suite("Classes of scalars")
struct ScalarSetTests {
  /// ASCII, Latin, Greek and Cyrillic, where one case stands beside the other or far from it, and some of what has odd
  /// cases: ǅ, ſ, ß, İ, the Kelvin sign, the iota below.
  private let scalars: [UInt32] =
    Array(0..<0x500) + [0x1e9e, 0x2126, 0x212a, 0x2160, 0x2170, 0x24b6, 0xac00, 0xfffd, 0x1f600]

  @Test("a class holds what a look at each of its members says", arguments: [1, 2, 3] as [UInt64])
  func naive(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<60 {
      let ranges = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        let low = scalars.randomElement(using: &random)!
        return low...(low + ([0, 0, 1, 2, 30] as [UInt32]).randomElement(using: &random)!)
      }
      let kinds: [ScalarClass] = [.word, .digit, .space].filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
      let naive = NaiveSet(
        ranges: ranges, classes: kinds.map { ($0, .random(using: &random)) }, isNegated: .random(using: &random),
        foldsCase: .random(using: &random))
      let set = naive.set
      for scalar in scalars {
        let letter = Letter(scalar, foldsCase: set.foldsCase, asksClasses: set.asksClasses)
        let isRight = set.contains(letter) == naive.contains(scalar)
        #expect(isRight, "U+\(String(scalar, radix: 16)) in \(naive), seed \(seed)")
      }
    }
  }

  /// Every other letter from Ā on: no two of them touch.
  private let scattered = (0..<900).map { String(Unicode.Scalar(0x100 + 2 * UInt32($0))!) }.joined()

  @Test("beyond ASCII a class is searched by bisection, and what that costs is charged")
  func bisection() throws {
    func steps(_ pattern: String, _ text: String) throws -> Int {
      var left = PatternLimits.steps
      _ = try Pattern(pattern).firstMatch(in: Array(text.utf8).span, groups: 0, stepsLeft: &left)
      return PatternLimits.steps - left
    }
    let text = String(repeating: "ӿ", count: 1000)
    let (small, large) = (try steps("[ā]x", text), try steps("[\(scattered)]x", text))
    #expect(large - small >= 1000 * 8 && large - small <= 1000 * 16, "\(small) and \(large)")
    // The tables of cases are dearer still.
    #expect(try steps("(?i)[\(scattered)]x", text) - large >= 1000 * Letter.caseSteps)
    let ascii = String(repeating: "z", count: 1000)
    #expect(try steps("[\(scattered)]x", ascii) < 200)
  }

  @Test("a thousand copies of a class are asked once for each scalar")
  func asked() throws {
    let program = try Program(
      PatternParser.parse("[^\(scattered)]{999}x").node, sizeLimit: PatternLimits.programSize)
    #expect(program.sets.count == 1)
    #expect(program.size < 2000)
    let text = Array(String(repeating: "ӿ", count: 2000).utf8)
    var left = PatternLimits.steps
    let pattern = try Pattern("[^\(scattered)]{999}x")
    #expect(try pattern.firstMatch(in: text.span, groups: 0, stepsLeft: &left) == nil)
    // A step for each thread and scalar, and no more than some for the class.
    #expect(PatternLimits.steps - left < 2000 * (1000 + 30))
  }

  @Test("to begin a search costs what it takes to make its memory ready")
  func beginning() throws {
    let pattern = try Pattern("^(?:[ab]{1000}){9}")
    var left = PatternLimits.steps
    #expect(try pattern.firstMatch(in: [UInt8]("zz".utf8).span, stepsLeft: &left) == nil)
    #expect(PatternLimits.steps - left > 9000 / 4)
  }
}
