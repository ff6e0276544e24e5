import Testing

@testable import Pattern

@Suite("Searches that would never end elsewhere")
struct LinearTimeTests {
  /// The steps that a search takes, found by what budget it can do with.
  private func steps(_ pattern: String, _ text: [UInt8]) throws -> Int {
    var (low, high) = (0, PatternLimits.steps)
    let pattern = try Pattern(pattern)
    while high - low > high / 8 {
      let middle = (low + high) / 2
      do {
        _ = try pattern.firstMatch(in: text.span, steps: middle)
        high = middle
      } catch { low = middle }
    }
    return high
  }

  @Test(
    "the classic catastrophes end within a few steps for each byte of 100 kB",
    arguments: ["(a+)+$", "(a|aa)*b", "(.*)*x"])
  func catastrophes(_ pattern: String) throws {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 100_000) + Array("!".utf8)
    #expect(try Pattern(pattern).firstMatch(in: text.span, groups: 1) == nil)
  }

  @Test("so do their relatives", arguments: ["(a*)*b", "(?:a?){20}a{20}b", "(a+a+)+y", "^(a|a)*$", "(.*){1,8}x"])
  func relatives(_ pattern: String) throws {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 5_000) + Array("!".utf8)
    #expect(try Pattern(pattern).firstMatch(in: text.span, groups: 1) == nil)
  }

  @Test("twice the text costs twice the steps")
  func linear() throws {
    for pattern in ["(a+)+$", "(a|aa)*b", "(.*)*x"] {
      let text = [UInt8](repeating: UInt8(ascii: "a"), count: 2000) + Array("!".utf8)
      let (once, twice) = (try steps(pattern, text), try steps(pattern, text + text))
      #expect(twice < 3 * once, "\(pattern): \(once) and \(twice) steps")
    }
  }

  @Test("a search beyond its budget is given up with an error that says so")
  func budget() throws {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
    let error = #expect(throws: PatternError.self) {
      try Pattern("(?:a?){100}b").firstMatch(in: text.span, steps: 10_000)
    }
    #expect(error?.code == .tooManySteps)
    #expect(try Pattern("a").firstMatch(in: text.span, steps: 100)?.range == 0..<1)
  }

  @Test("where nothing can begin, bytes are skipped many for a step")
  func skips() throws {
    let text = [UInt8](repeating: UInt8(ascii: "-"), count: 100_000) + Array("token=7".utf8)
    #expect(try Pattern("token=(\\d)").firstMatch(in: text.span, steps: 7_000)?.range == 100_000..<100_007)
    #expect(try Pattern("^token").firstMatch(in: text.span, steps: 100) == nil)
  }
}
