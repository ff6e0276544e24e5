import Foundation
import JSON
import Testing

@testable import Pattern

/// A pattern, a text, and what Python 3.11's `re.search` found: each group's place in bytes, or null.
struct KnownAnswer: CustomTestStringConvertible {
  let pattern: String
  let text: String
  let groups: [Range<Int>?]?

  var testDescription: String { "\(pattern) in \(text)" }

  static let all: [KnownAnswer] = {
    let file = Bundle.module.resourceURL!.appendingPathComponent("Vectors/python.ndjson")
    return try! Data(contentsOf: file).split(separator: 0x0a).map { line in
      let row = try JSONValue.parse(Array(line))
      let groups = row["groups"]!.elements?.map { group in
        group.elements.map { $0[0].int!..<$0[1].int! }
      }
      return KnownAnswer(pattern: row["pattern"]!.string!, text: row["text"]!.string!, groups: groups)
    }
  }()
}

extension Pattern {
  func first(in text: String) throws -> PatternMatch? { try firstMatch(in: Array(text.utf8).span) }
}

@Suite("Patterns against known answers")
struct KnownAnswerTests {
  @Test("what Python's re finds, with all its groups, is found here")
  func known() throws {
    #expect(KnownAnswer.all.count == 900)
    for answer in KnownAnswer.all {
      let found = try Pattern(answer.pattern).first(in: answer.text)
      #expect(found?.groups == answer.groups, "\(answer.testDescription.debugDescription)")
    }
  }

  @Test("a search may begin later and still sees what lies before")
  func from() throws {
    let text = Array("foo foo".utf8)
    #expect(try Pattern("foo").firstMatch(in: text.span, from: 1)?.range == 4..<7)
    #expect(try Pattern("\\boo").firstMatch(in: text.span, from: 1) == nil)
    #expect(try Pattern("^o").firstMatch(in: text.span, from: 1) == nil)
    #expect(try Pattern("$").firstMatch(in: text.span, from: 7)?.range == 7..<7)
  }

  @Test("groups that are not wanted are not noted, and change nothing else")
  func wanted() throws {
    let text = Array("key=value".utf8)
    let pattern = try Pattern("(\\w+)=(?<right>\\w+)")
    #expect(try pattern.firstMatch(in: text.span, groups: 1)?.groups == [0..<9, 0..<3])
    #expect(try pattern.firstMatch(in: text.span, groups: 0)?.groups == [0..<9])
    #expect(try pattern.firstMatch(in: text.span)?.groups == [0..<9, 0..<3, 4..<9])
    #expect(pattern.groupNames == [nil, nil, "right"])
    #expect(try pattern.matches(text.span))
  }

  @Test("flags last until their group ends, and a minus takes them back")
  func flags() throws {
    #expect(try Pattern("a(?i)b").first(in: "aB") != nil)
    #expect(try Pattern("a(?i)b").first(in: "AB") == nil)
    #expect(try Pattern("(?:(?i)a)b").first(in: "AB") == nil)
    #expect(try Pattern("(?i)a(?-i:b)c").first(in: "AbC") != nil)
    #expect(try Pattern("(?i)a(?-i:b)c").first(in: "ABC") == nil)
    #expect(try Pattern("(?ms)^b.c$").first(in: "a\nb\nc\nd")?.range == 2..<5)
  }

  @Test("bytes that are no UTF-8 match as U+FFFD one by one, and what lies around them is found")
  func badUTF8() throws {
    let text: [UInt8] = [0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0x62, 0xed, 0xa0, 0x80]
    #expect(try Pattern("a.{2}\\(").firstMatch(in: text.span)?.range == 0..<4)
    #expect(try Pattern("b").firstMatch(in: text.span)?.range == 6..<7)
    #expect(try Pattern("\u{fffd}{3}$").firstMatch(in: text.span)?.range == 7..<10)
    #expect(try Pattern("\\bb\\b").firstMatch(in: text.span)?.range == 6..<7)
  }

  @Test("an empty iteration does not end the search of a loop's other choices")
  func emptyIterations() throws {
    #expect(try Pattern("(?:a*)*").first(in: "aa")?.range == 0..<2)
    #expect(try Pattern("(?:a*|b)+").first(in: "ab")?.range == 0..<2)
    #expect(try Pattern("(?:|a)*").first(in: "aa")?.range == 0..<0)
    #expect(try Pattern("(?:a?){3}b").first(in: "aab")?.range == 0..<3)
  }
}
