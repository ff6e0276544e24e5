import Substitution
import Testing

/// A text cut at its substitutions.
@Suite struct TemplateTests {
  private struct Refusal: Error { let text: String }

  /// Literals as they are, references between angle brackets.
  private static func cut(_ text: String) throws -> [String] {
    try Template.pieces(of: text) { Refusal(text: $0) }.map {
      switch $0 {
      case .literal(let text): text
      case .reference(let reference): "<\(reference.name)\(reference.tokens.map { "/\($0)" }.joined())>"
      }
    }
  }

  @Test("a text is cut at its substitutions, which may lead into what they name")
  func cuts() throws {
    #expect(try Self.cut("") == [""])
    #expect(try Self.cut("plain") == ["plain"])
    #expect(try Self.cut("{{a}}") == ["<a>"])
    #expect(try Self.cut("x{{ a.b }}y{{c/d~1e/0}}") == ["x", "<a/b>", "y", "<c/d/e/0>"])
    #expect(try Self.cut("{{{a}}}") == ["{", "<a>", "}"])
    #expect(try Self.cut(#"\{{a}} {{b}}"#) == ["{{a}} ", "<b>"])
  }

  @Test("what names nothing is refused", arguments: ["{{", "{{a", "{{}}", "{{1}}", "{{a.}}", "{{a/~}}", "{{a b}}"])
  func refused(text: String) {
    #expect(throws: Refusal.self) { try Self.cut(text) }
  }
}
