import Clockwork
import JSON
import Testing

@testable import Flow

private let shop = #"""
  {"vars":{"base":"http://127.0.0.1:8000"},
   "steps":[
    {"get":"{{base}}/login","as":"login"},
    {"extract":{"token":{"from":"login.body","regex":"name=\"token\" value=\"([^\"]+)\""}}},
    {"poll":{"get":"{{base}}/items/42","as":"item"},"until":{"from":"item.json","pointer":"/available","equals":true},
     "every_s":0.2,"for_s":600},
    {"post":"{{base}}/order","form":{"token":"{{token}}","sku":"{{item.json/sku}}"},"as":"order"},
    {"assert":{"from":"order.status","equals":201},"message":"the order was refused"}],
   "return":{"order":"{{order.json/id}}"}}
  """#

private func shopAnswer(_ request: FlowRequest, _ number: Int) -> FlowRun.Answer {
  switch request.arguments["url"]!.string! {
  case let url where url.hasSuffix("/login"): .body(#"<input name="token" value="s3cret">"#)
  case let url where url.hasSuffix("/order"): .body(#"{"id":77}"#, status: 201)
  default: .body(#"{"available":\#(number > 5),"sku":"x-42"}"#)
  }
}

@Suite("A flow in virtual time")
struct FlowTests {
  @Test("the contract's example logs in, waits until the item is there, and orders it")
  func example() throws {
    let run = FlowRun(try plan(shop), shopAnswer)
    #expect(run.value?.text == #"{"order":77}"#)
    #expect(run.urls.first == "GET http://127.0.0.1:8000/login")
    #expect(run.urls.last == "POST http://127.0.0.1:8000/order")
    #expect(run.requests.last?.arguments["form"]?.text == #"{"token":"s3cret","sku":"x-42"}"#)
    #expect(run.sleeps == [0.2, 0.2, 0.2, 0.2, 0.2])
  }

  @Test("of an answer only those parts are asked for that something refers to")
  func wants() throws {
    let run = FlowRun(try plan(shop), shopAnswer)
    #expect(run.requests.map { $0.arguments["want"]?.text } == Array(repeating: "[]", count: 7) + [#"["status"]"#])
    let all = FlowRun(try plan(#"{"steps":[{"get":"http://h/","as":"a"}],"return":"{{a}}"}"#)) { _, _ in .body("hi") }
    #expect(
      all.value?.text
        == #"{"status":200,"url":"http://h/","http_version":"1.1","headers":{"x-left":"12"},"bytes":2,"body":"hi"}"#)
    let some = #"{"steps":[{"get":"http://h/","as":"a","want":["status"]}],"return":"{{a}}"}"#
    #expect(FlowRun(try plan(some)).value?.text == #"{"status":200,"url":"http://h/","http_version":"1.1"}"#)
  }

  @Test("a substitution that is the whole string keeps its type; inside a text it is text")
  func substitution() throws {
    let flow = #"""
      {"vars":{"n":7,"o":{"a":[1,"x\ny"]},"s":"q\"q"},"steps":[{"set":{"z":null}}],
       "return":{"n":"{{n}}","same":"{{ o }}","part":"{{o/a/1}}","dot":"{{o.a}}","text":"{{n}}-{{o.a}}-{{s}}-{{z}}",
       "plain":"\\{{n}}","json":"{\"k\":{{{n}}}}","list":["{{z}}",true]}}
      """#
    #expect(
      try FlowRun(try plan(flow)).value
        == JSONValue.parse(
          #"""
          {"n":7,"same":{"a":[1,"x\ny"]},"part":"x\ny","dot":[1,"x\ny"],"text":"7-[1,\"x\\ny\"]-q\"q-null",
          "plain":"{{n}}","json":"{\"k\":{7}}","list":[null,true]}
          """#))
  }

  @Test("extract takes a pattern's first group, a pointer's value, or a pattern in it")
  func extract() throws {
    let steps = #"""
      {"extract":{"a":{"from":"page.json","pointer":"/list/1"},"b":{"from":"page.json/html","regex":"id=(\\d+)"},
      "c":{"from":"page.body","pointer":"/html","regex":"i."},"d":{"from":"page.headers/X-Left","regex":"^(1)|(x)"},
      "e":{"from":"n","regex":"."}}}
      """#
    let run = FlowRun(try plan(step: steps, returning: #"["{{a}}","{{b}}","{{c}}","{{d}}","{{e}}"]"#)) { _, _ in
      .body(#"{"list":[1,{"k":2}],"html":"<a id=31>"}"#)
    }
    #expect(run.value?.text == #"[{"k":2},"31","id","1","7"]"#)
  }

  @Test("what is not there ends the flow as an assertion that names the step and no more of the page than its size")
  func missing() throws {
    let cases = [
      (
        #"{"extract":{"a":{"from":"page.body","regex":"x(y)"}}}"#,
        "the regex for 'a' finds nothing in page.body, which has 13"
      ),
      (#"{"extract":{"a":{"from":"page.json","pointer":"/a"}}}"#, "there is nothing at page.json/a for 'a'"),
      (#"{"set":{"a":"{{page.json/a}}"}}"#, "{{page.json/a}} is not there"),
      (#"{"post":"http://h/","json":{"a":["{{page.json/a}}"]}}"#, "{{page.json/a}} is not there"),
    ]
    for (step, message) in cases {
      let failure = try #require(FlowRun(try plan(step: step)) { _, _ in .body("<h>secret</h>") }.failure)
      #expect(failure.code == .assertion)
      #expect(failure.pointer == "/steps/1")
      #expect(failure.message.hasPrefix("/steps/1 (") && failure.message.contains(message), "\(failure.message)")
      #expect(!failure.message.contains("secret") && !failure.mayHaveTakenEffect)
    }
  }

  @Test("sleep_s sleeps so long, filled in or not, and nonsense fails at its step")
  func sleep() throws {
    #expect(FlowRun(try plan(step: #"{"sleep_s":2.5}"#)).sleeps == [2.5])
    #expect(FlowRun(try plan(step: #"{"sleep_s":"{{n}}"}"#)).sleeps == [7])
    let filled = try plan(step: #"{"sleep_s":"{{page.json/t}}"}"#)
    #expect(FlowRun(filled) { _, _ in .body(#"{"t":"0.5"}"#) }.sleeps == [0.5])
    let failure = FlowRun(filled) { _, _ in .body(#"{"t":-1}"#) }.failure
    #expect(failure?.code == .badArguments && failure?.pointer == "/steps/1")
  }

  @Test("an answer that had to be JSON and is not fails; one that need not be has no json")
  func json() throws {
    let must = #"{"steps":[{"get":"http://h/","want":["json"]}]}"#
    #expect(FlowRun(try plan(must)) { _, _ in .body("<p>") }.failure?.code == .assertion)
    let may = try plan(step: #"{"assert":{"from":"page.json","exists":false}}"#)
    #expect(FlowRun(may) { _, _ in .body("<p>") }.value?.isNull == true)
  }

  @Test("a later answer takes the place of an earlier one of its name")
  func again() throws {
    let flow = #"{"steps":[{"get":"http://h/1","as":"a"},{"get":"http://h/2","as":"a"}],"return":"{{a.body}}"}"#
    #expect(FlowRun(try plan(flow)) { _, number in .body("\(number)") }.value?.string == "1")
  }
}
