import Batch
import JSON
import Testing

@testable import Flow

private func effect(
  _ steps: String, failing number: Int, _ answer: FlowRun.Answer
) throws -> Bool? {
  let run = FlowRun(try plan(#"{"steps":[\#(steps)]}"#)) { _, place in place == number ? answer : .body("{}") }
  return run.failure?.mayHaveTakenEffect
}

@Suite("What a flow may have done")
struct LedgerTests {
  private let get = #"{"get":"http://h/"}"#
  private let post = #"{"post":"http://h/"}"#
  private let refused = FlowRun.Answer.failure(FlowFailure(.connect, "no"))
  private let broken = FlowRun.Answer.failure(FlowFailure(.timeout, "no", mayHaveTakenEffect: true))

  @Test("only safe requests: a failure surely had no effect")
  func safe() throws {
    #expect(try effect("\(get),\(get),\(post)", failing: 1, broken) == false)
    #expect(try effect(#"{"head":"http://h/"}"#, failing: 0, broken) == false)
    #expect(try effect("\(get)", failing: 0, .outOfTime) == false)
  }

  @Test("a request that is not safe counts from when it may have been heeded")
  func unsafe() throws {
    #expect(try effect("\(get),\(post)", failing: 1, refused) == false)
    #expect(try effect("\(get),\(post)", failing: 1, broken) == true)
    #expect(try effect("\(get),\(post)", failing: 1, .outOfTime) == true)
    #expect(try effect("\(post),\(get)", failing: 1, refused) == true)
    for verb in ["put", "patch", "delete"] {
      #expect(try effect(#"{"\#(verb)":"http://h/"},\#(get)"#, failing: 1, refused) == true)
    }
    let failing = #"{"assert":{"from":"p.status","equals":0}}"#
    #expect(try effect(#"{"post":"http://h/","as":"p"},\#(failing)"#, failing: 9, refused) == true)
    #expect(try effect(#"{"get":"http://h/","as":"p"},\#(failing)"#, failing: 9, refused) == false)
  }

  @Test("the code, the text and what may be done again come from the request that failed")
  func failure() throws {
    let failed = FlowFailure(.httpStatus, "h answered 503", isRetryable: true, mayHaveTakenEffect: true)
    let failure = FlowRun(try plan(#"{"steps":[\#(get)]}"#)) { _, _ in .failure(failed) }.failure
    #expect(failure?.code == .httpStatus)
    #expect(failure?.message == "/steps/0 (get): h answered 503")
    #expect(failure?.isRetryable == true)
  }

  @Test("flows are repeatable exactly when the scheduler thinks so")
  func repeatable() throws {
    let polled = { (verb: String) in
      #"{"poll":{"\#(verb)":"http://h/","as":"i"},"until":{"from":"i.status","equals":200}}"#
    }
    let requests = ["get", "head", "put", "delete", "post", "patch"]
    let steps =
      requests.map { #"{"\#($0)":"http://h/"}"# } + requests.map(polled)
      + [#"{"sleep_s":1}"#, #"{"set":{"post":1}}"#, #"{"set":{"a":1}},\#(polled("get")),\#(post)"#]
    for step in steps {
      let arguments = try JSONValue.parse(#"{"steps":[\#(step)]}"#)
      let here = try FlowPlan(arguments, rules: rules).isRepeatable
      #expect(here == TaskSpec.isRepeatable(type: "flow", args: arguments), "\(step)")
      #expect(here == !(step.contains(#""post":"h"#) || step.contains(#""patch":"h"#)), "\(step)")
    }
  }
}
