import JSON
import Testing

@testable import Flow

private func refusal(_ text: String) -> FlowRefusal? {
  do {
    _ = try plan(text)
    return nil
  } catch { return error as? FlowRefusal }
}

private func refusal(step: String) -> FlowRefusal? {
  do {
    _ = try plan(step: step)
    return nil
  } catch { return error as? FlowRefusal }
}

@Suite("Flows that are refused before their first request")
struct RefusalTests {
  @Test("a bad step is refused with its pointer, and the message begins at the field at fault")
  func steps() {
    let cases = [
      (#"{"fetch":"http://h/"}"#, "/steps/1 has no known verb"),
      (#"{}"#, "/steps/1 has no known verb"),
      (#"7"#, "/steps/1 must be an object"),
      (#"{"get":"http://h/","post":"http://h/"}"#, "/steps/1 has the verbs get and post"),
      (#"{"get":"http://h/","set":{}}"#, "/steps/1 has the verbs get and set"),
      (#"{"get":"http://h/","sa":"x"}"#, "/steps/1/sa is not known here"),
      (#"{"get":"http://h/","url":"http://h/"}"#, "/steps/1/url is not known here"),
      (#"{"get":"http://h/","method":"PUT"}"#, "/steps/1/method is not known here"),
      (#"{"get":null}"#, "/steps/1 needs one of"),
      (#"{"get":"ftp://h/"}"#, "/steps/1/get must be a URL"),
      (#"{"get":"{{word}}/x"}"#, "/steps/1/get must be a URL"),
      (#"{"get":"http://h/","timeout_s":"soon"}"#, "/steps/1/timeout_s must be a number"),
      (#"{"get":"http://h/","timeout_s":"{{word}}"}"#, "/steps/1/timeout_s must be a number"),
      (#"{"get":"http://h/","as":"a.b"}"#, "/steps/1/as gives the name 'a.b'"),
      (#"{"get":"http://h/","want":["staus"]}"#, "/steps/1/want/0 must be one of"),
      (#"{"get":"http://h/","get":"http://h/"}"#, "/steps/1/get stands here twice"),
      (#"{"sleep_s":-1}"#, "/steps/1/sleep_s must be a number of seconds"),
      (#"{"sleep_s":"{{word}}"}"#, "/steps/1/sleep_s must be a number of seconds"),
      (#"{"sleep_s":"{{page.status}}s"}"#, "/steps/1/sleep_s must be a number of seconds"),
      (#"{"sleep_s":1,"as":"x"}"#, "/steps/1/as is not known here"),
      (#"{"set":{"1x":1}}"#, "/steps/1/set/1x gives the name"),
      (#"{"set":{"a":"{{b}}"}}"#, "/steps/1/set/a names 'b', which is not defined here; there: n, page, word"),
      (#"{"set":{"a":"{{word/x}}"}}"#, "/steps/1/set/a cannot be filled in: {{word/x}} is not there"),
      (#"{"set":{"a":"{{word"}}"#, "/steps/1/set/a has a {{ that is never closed"),
      (#"{"set":{"a":"{{}}"}}"#, "/steps/1/set/a has '{{}}', which names no variable"),
      (#"{"set":{"a":"{{page..x}}"}}"#, "/steps/1/set/a has '{{page..x}}', in which a name is missing"),
      (#"{"set":{"a":"{{page.json/~2}}"}}"#, "/steps/1/set/a has '{{page.json/~2}}': a JSON pointer"),
      (#"{"set":{"a":"{{page.sttus}}"}}"#, "/steps/1/set/a asks for 'page.sttus'; an answer has status, url"),
    ]
    expectRefused(cases)
  }

  @Test("so is what is extracted from nothing, compared with nothing, or waited for in vain")
  func sources() {
    let cases = [
      (#"{"extract":{"t":{"regex":"x"}}}"#, "/steps/1/extract/t needs from"),
      (#"{"extract":{"t":{"from":"page.body"}}}"#, "/steps/1/extract/t needs a regex or a pointer"),
      (#"{"extract":{"t":{"from":"page.body","regex":"(a"}}}"#, "/steps/1/extract/t/regex is no regular expression"),
      (
        #"{"extract":{"t":{"from":"page.body","regex":"(a)\\1"}}}"#, "/steps/1/extract/t/regex is no regular expression"
      ),
      (#"{"extract":{"t":{"from":"page.json","pointer":"x"}}}"#, "/steps/1/extract/t/pointer is no JSON pointer"),
      (#"{"extract":{"t":{"from":"pag.body","regex":"x"}}}"#, "/steps/1/extract/t/from names 'pag'"),
      (#"{"assert":{"from":"page.status"}}"#, "/steps/1/assert compares nothing"),
      (#"{"assert":{"from":"page.status","equal":1}}"#, "/steps/1/assert/equal is not known here"),
      (#"{"assert":{"all":[]}}"#, "/steps/1/assert/all must hold at least one"),
      (#"{"assert":{"all":[{"from":"n","equals":7}],"from":"n"}}"#, "/steps/1/assert/all must stand alone"),
      (#"{"assert":{"not":{"any":[{"from":"m","equals":7}]}}}"#, "/steps/1/assert/not/any/0/from names 'm'"),
      (#"{"assert":{"from":"n","matches":"["}}"#, "/steps/1/assert/matches is no regular expression"),
      (#"{"assert":{"from":"n","exists":1}}"#, "/steps/1/assert/exists must be true or false"),
      (#"{"assert":{"from":"n","less_than":"{{word}}"}}"#, "/steps/1/assert/less_than must be a number"),
      (#"{"assert":{"from":"n","equals":7},"message":"{{x}}"}"#, "/steps/1/message names 'x'"),
      (#"{"poll":{"get":"http://h/"}}"#, "/steps/1 needs a condition for until"),
      (
        #"{"poll":{"get":"http://h/","as":"i"},"until":{"from":"j.status","equals":1}}"#,
        "/steps/1/until/from names 'j'"
      ),
      (
        #"{"poll":{"get":"http://h/{{i.status}}","as":"i"},"until":{"from":"i.status","equals":1}}"#,
        "/steps/1/poll/get names 'i'"
      ),
      (
        #"{"poll":{"get":"ftp://h/","as":"i"},"until":{"from":"i.status","equals":1}}"#,
        "/steps/1/poll/get must be a URL"
      ),
      (#"{"poll":{"set":{}},"until":{"from":"n","equals":1}}"#, "/steps/1/poll/set is not known here"),
      (
        #"{"poll":{"get":"http://h/"},"until":{"from":"n","equals":1},"every_s":0}"#,
        "/steps/1/every_s must be a number"
      ),
    ]
    expectRefused(cases)
  }

  private func expectRefused(_ cases: [(step: String, message: String)]) {
    for (step, message) in cases {
      let found = refusal(step: step)
      #expect(found?.pointer == "/steps/1", "\(step)")
      #expect(found?.message.hasPrefix(message) == true, "\(step): \(found?.message ?? "accepted")")
    }
  }

  @Test("a name is known from where it is defined on, in the order of the steps")
  func order() {
    let later = #"{"steps":[{"set":{"a":"{{b}}"}},{"set":{"b":1}}]}"#
    #expect(refusal(later)?.pointer == "/steps/0")
    #expect(refusal(#"{"steps":[{"set":{"b":1}},{"set":{"a":"{{b}}"}}]}"#) == nil)
    #expect(refusal(#"{"steps":[{"set":{"b":1,"a":"{{b}}"}}]}"#) == nil)
    #expect(refusal(#"{"vars":{"a":1,"b":"{{a}}"},"steps":[{"sleep_s":"{{b}}"}]}"#) == nil)
    #expect(refusal(#"{"vars":{"b":"{{a}}","a":1},"steps":[{"sleep_s":1}]}"#)?.pointer == "/vars")
    #expect(refusal(#"{"steps":[{"sleep_s":1}],"return":"{{a}}"}"#)?.pointer == "/return")
    #expect(refusal(#"{"steps":[{"get":"http://h/","as":"a","want":["status"]}],"return":"{{a.json}}"}"#) != nil)
  }

  @Test("the whole must be an object of steps, within its bounds")
  func whole() {
    #expect(refusal("[]")?.message == "a flow's arguments must be an object")
    #expect(refusal("{}")?.message.hasPrefix("/steps is missing") == true)
    #expect(refusal(#"{"steps":[]}"#)?.pointer == "/steps")
    #expect(refusal(#"{"step":[]}"#)?.message.hasPrefix("/step is not known here") == true)
    let steps = { (count: Int) in Array(repeating: #"{"set":{}}"#, count: count).joined(separator: ",") }
    #expect(refusal(#"{"steps":[\#(steps(FlowLimits.steps))]}"#) == nil)
    #expect(refusal(#"{"steps":[\#(steps(FlowLimits.steps + 1))]}"#)?.pointer == "/steps")
    let nots = { (depth: Int) in
      String(repeating: #"{"not":"#, count: depth) + #"{"from":"n","equals":1}"# + String(repeating: "}", count: depth)
    }
    #expect(refusal(step: #"{"assert":\#(nots(FlowLimits.nesting))}"#) == nil)
    #expect(refusal(step: #"{"assert":\#(nots(FlowLimits.nesting + 1))}"#)?.pointer == "/steps/1")
    let lists = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(refusal(step: #"{"set":{"a":\#(lists(FlowLimits.nesting + 1))}}"#) == nil)
    #expect(refusal(step: #"{"set":{"a":\#(lists(FlowLimits.nesting + 2))}}"#)?.pointer == "/steps/1")
  }

  @Test("what is only known later is not refused now")
  func unknown() {
    let steps = [
      #"{"get":"{{page.json/next}}"}"#, #"{"get":"{{page.body}}/x"}"#, #"{"get":"http://{{page.body}}:{{n}}/x"}"#,
      #"{"get":"http://h/","timeout_s":"{{page.json/t}}","headers":"{{page.headers}}","form":"{{page.json}}"}"#,
      #"{"sleep_s":"{{page.json/t}}"}"#, #"{"assert":{"from":"page.json/a","less_than":"{{page.json/b}}"}}"#,
    ]
    for step in steps { #expect(refusal(step: step) == nil, "\(step)") }
  }
}
