import Testing

@testable import Pattern

private func refusal(_ text: String) -> PatternError? {
  do {
    _ = try Pattern(text)
    return nil
  } catch { return error }
}

@Suite("Patterns that are refused")
struct RefusalTests {
  @Test("what cannot be searched for in linear time, or is no pattern, is refused with its cause and place")
  func refused() {
    let cases: [(String, PatternError.Code, Int)] = [
      ("(a)\\1", .backreference, 3), ("(?P<n>a)(?P=n)", .backreference, 8), ("(?<n>a)\\k<n>", .backreference, 7),
      ("a(?=b)", .lookAround, 1), ("é(?!b)", .lookAround, 2), ("(?<=a)b", .lookAround, 0), ("(?<!a)b", .lookAround, 0),
      ("(?>a)", .atomicGroup, 0), ("a++", .possessive, 2), ("(?#x)", .unknownGroup, 0), ("(?x)", .unknownGroup, 0),
      ("(?)", .unknownGroup, 0), ("(?", .unknownGroup, 0), ("(?i", .unknownGroup, 0), ("\\q", .unknownEscape, 0),
      ("a\\", .trailingBackslash, 1), ("\\x4", .badCodePoint, 0), ("\\ud800", .badCodePoint, 0),
      ("\\u{110000}", .badCodePoint, 0), ("(a", .unclosedGroup, 0), ("a)", .unopenedGroup, 1),
      ("[a", .unclosedClass, 0), ("[", .unclosedClass, 0), ("[]", .unclosedClass, 0), ("[a-", .unclosedClass, 0),
      ("[[:alpha:]]", .posixClass, 1), ("[z-a]", .badRange, 1), ("[\\w-z]", .badRange, 1), ("[a-\\d]", .badRange, 1),
      ("*a", .nothingToRepeat, 0), ("a|+", .nothingToRepeat, 2), ("a**", .nothingToRepeat, 2),
      ("^*", .nothingToRepeat, 1), ("{2}", .nothingToRepeat, 0), ("(?i)*", .nothingToRepeat, 4),
      ("a{3,2}", .badRepeat, 1), ("a{1001}", .repeatTooLarge, 1), ("a{9999999999999999999}", .repeatTooLarge, 1),
      ("(?<1a>b)", .badName, 3), ("(?<>b)", .badName, 3), ("(?<a>b)(?<a>c)", .duplicateName, 7),
    ]
    for (text, code, offset) in cases { #expect(refusal(text) == PatternError(code, at: offset), "\(text)") }
  }

  @Test("every limit holds at its number and refuses beyond it")
  func limits() {
    func groups(_ count: Int) -> String { String(repeating: "()", count: count) }
    func nested(_ depth: Int) -> String {
      String(repeating: "(?:", count: depth) + "a" + String(repeating: ")", count: depth)
    }
    #expect(refusal(groups(64)) == nil)
    #expect(refusal(groups(65))?.code == .tooManyGroups)
    #expect(refusal(nested(64)) == nil)
    #expect(refusal(nested(65))?.code == .nestedTooDeep)
    #expect(refusal("a{1000}") == nil)
    #expect(refusal(String(repeating: "a", count: 4096)) == nil)
    #expect(refusal(String(repeating: "a", count: 4097))?.code == .patternTooLong)
    #expect(refusal("(?:a{100}){99}") == nil)
    #expect(refusal("(?:a{100}){100}")?.code == .programTooLarge)
    #expect(refusal("(((a{1000}){1000}){1000}){1000}")?.code == .programTooLarge)
    #expect(refusal("(?:(?:(?:(?:){1000}){1000}){1000}){1000}") != nil)
    #expect(refusal("(?:(?i)(?i)){1000}") == nil)
    #expect(throws: PatternError(.programTooLarge, at: 0)) { try Pattern("a{100}", sizeLimit: 100) }
    #expect(throws: PatternError(.programTooLarge, at: 0)) { try Pattern("[éíó]", sizeLimit: 6) }
    #expect(try! Pattern("[éíó]", sizeLimit: 7).size == 7)
    #expect(refusal("(?:(?:(?:(?:|){1000}){1000}){1000}){1000}")?.code == .programTooLarge)
  }

  @Test("an error names the cause, the way out and the place")
  func text() {
    #expect("\(refusal("(a)\\1")!)".contains("back-references are not supported"))
    #expect("\(refusal("(a)\\1")!)".hasSuffix("(at byte 3)"))
  }
}
