import Clockwork
import JSON
import Testing

@testable import Flow

@Suite("A flow's bounds")
struct BoundTests {
  @Test("variables that grow beyond their bound end the flow as too large")
  func doubling() throws {
    let doubled = Array(repeating: #"{"set":{"a":"{{a}}{{a}}"}}"#, count: 40).joined(separator: ",")
    let flow = #"{"steps":[{"get":"http://h/","as":"p"},{"set":{"a":"{{p.body}}"}},\#(doubled)]}"#
    let failure = FlowRun(try plan(flow)) { _, _ in .body("0123456789abcdef") }.failure
    #expect(failure?.code == .tooLarge)
    #expect(failure?.pointer.hasPrefix("/steps/2") == true)
  }

  @Test("known values that grow beyond their bound are refused before anything is sent")
  func known() throws {
    let doubled = Array(repeating: #"{"set":{"a":"{{a}}{{a}}"}}"#, count: 40).joined(separator: ",")
    #expect(throws: FlowRefusal.self) { try plan(#"{"vars":{"a":"0123456789abcdef"},"steps":[\#(doubled)]}"#) }
  }

  @Test("a search beyond a step's work ends the flow as too large, and names the step")
  func search() throws {
    let step = #"{"extract":{"t":{"from":"page.body","regex":"(?:a?){300}(?:a?){300}b"}}}"#
    let page = String(repeating: "a", count: 40_000)
    let failure = FlowRun(try plan(step: step)) { _, _ in .body(page) }.failure
    #expect(failure?.code == .tooLarge)
    #expect(failure?.pointer == "/steps/1")
  }

  @Test("a step that reads a large text often ends as too large, whatever it asks of it")
  func reading() throws {
    let text = "\"" + String(repeating: "x", count: 1 << 20) + "\""
    for condition in [
      #"{"from":"page.json","matches":"^"}"#, #"{"not":{"from":"page.json","less_than":1}}"#,
      #"{"not":{"from":"page.body","less_than":1}}"#, #"{"from":"page","exists":true}"#,
      #"{"from":"page.json","not_equals":{"a":[]}}"#,
    ] {
      let often = Array(repeating: condition, count: 200).joined(separator: ",")
      let failure = FlowRun(try plan(step: #"{"assert":{"all":[\#(often)]}}"#)) { _, _ in .body(text) }.failure
      #expect(failure?.code == .tooLarge, "\(condition)")
    }
  }

  @Test("patterns that grow too large together are refused with the one that goes beyond the bound")
  func patterns() throws {
    let extractions = (0..<20_000).map { #""a\#($0)":{"from":"page.body","regex":"(?:[ab]{1000}){9}\#($0)"}"# }
    let refusal = #expect(throws: FlowRefusal.self) {
      try plan(step: #"{"extract":{\#(extractions.joined(separator: ","))}}"#)
    }
    #expect(refusal?.pointer == "/steps/1")
    #expect(refusal?.message.hasPrefix("/steps/1/extract/a11/regex makes the flow's patterns too large") == true)
    let matches = (0..<20).map { #"{"from":"page.body","matches":"a{900}b{\#($0 + 1)}(?:c{90}){90}"}"# }
    let refused = #expect(throws: FlowRefusal.self) {
      try plan(step: #"{"assert":{"all":[\#(matches.joined(separator: ","))]}}"#)
    }
    #expect(refused?.message.hasPrefix("/steps/1/assert/all/11/matches makes") == true, "\(refused as Any)")
  }

  @Test("equal patterns count once, and only those that have the same bytes are equal")
  func equalPatterns() throws {
    let extractions = (0..<300).map { #""a\#($0)":{"from":"page.body","regex":"(?:[ab]{1000}){9}|(.)"}"# }
    let step = #"{"extract":{\#(extractions.joined(separator: ","))}}"#
    #expect(FlowRun(try plan(step: step, returning: #""{{a299}}""#)) { _, _ in .body("z") }.value?.string == "z")
    // One letter, and a letter with its accent behind it.
    let accents = #"{"extract":{"a":{"from":"page.body","regex":"\u00e9"},"b":{"from":"page.body","regex":"e\u0301"}}}"#
    let value = FlowRun(try plan(step: accents, returning: #"["{{a}}","{{b}}"]"#)) { _, _ in
      .body("e\u{301}\u{e9}")
    }.value
    #expect(value?.elements?.map { Array($0.string!.unicodeScalars).count } == [1, 2])
  }

  @Test("between steps that compute much, others on the loop have their turn")
  func pauses() throws {
    let copies = (0..<30).map { #"{"set":{"c\#($0 % 3)":"{{p.body}}"}}"# }.joined(separator: ",")
    let flow = #"{"steps":[{"get":"http://h/","as":"p"},\#(copies)]}"#
    let run = FlowRun(try plan(flow)) { _, _ in .body(String(repeating: "x", count: 1 << 20)) }
    #expect(run.value?.isNull == true)
    #expect(run.sleeps.count >= 2 && run.sleeps.allSatisfy { $0 == 0 })
  }

  @Test("a step may not copy more than its work either")
  func copies() throws {
    let many = Array(repeating: #"{"from":"page.status","equals":"{{page.body}}"}"#, count: 60).joined(separator: ",")
    let failure = FlowRun(try plan(step: #"{"assert":{"any":[\#(many)]}}"#)) { _, _ in
      .body(String(repeating: "x", count: 1 << 20))
    }.failure
    #expect(failure?.code == .tooLarge)
  }
}
