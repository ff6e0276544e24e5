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
