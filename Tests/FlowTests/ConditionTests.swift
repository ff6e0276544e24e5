import JSON
import Testing

@testable import Flow

/// Whether a condition holds for the page `{"n":5,"t":"text","f":"2.5","b":true,"z":null,"o":{"a":1}}` with status 200.
private func holds(_ condition: String) throws -> Bool {
  let run = FlowRun(try plan(step: #"{"assert":\#(condition)}"#)) { _, _ in
    .body(#"{"n":5,"t":"text","f":"2.5","b":true,"z":null,"o":{"a":1}}"#)
  }
  #expect(run.failure == nil || run.failure?.code == .assertion)
  return run.failure == nil
}

@Suite("Conditions")
struct ConditionTests {
  @Test("each comparison says what it should of numbers, texts, null and nothing")
  func comparisons() throws {
    let cases: [(String, Bool)] = [
      (#""from":"page.status","equals":200"#, true), (#""from":"page.status","equals":200.0"#, true),
      (#""from":"page.status","equals":"200""#, false), (#""from":"page.json/o","equals":{"a":1}"#, true),
      (#""from":"page.json/z","equals":null"#, true), (#""from":"page.json/no","equals":null"#, false),
      (#""from":"page.json/n","not_equals":5"#, false), (#""from":"page.json/no","not_equals":5"#, true),
      (#""from":"page.json","pointer":"/n","equals":5"#, true), (#""from":"n","equals":"{{n}}""#, true),
      (#""from":"page.json/t","equals":"{{word}}""#, false), (#""from":"page.json/t","matches":"^te""#, true),
      (#""from":"page.json/n","matches":"5""#, true), (#""from":"page.json/no","matches":"""#, false),
      (#""from":"page.json/t","matches":"^ex""#, false), (#""from":"page.body","matches":"\\{.n""#, true),
      (#""from":"page.json/z","exists":true"#, true), (#""from":"page.json/no","exists":true"#, false),
      (#""from":"page.json/no","exists":false"#, true), (#""from":"page.json/n","less_than":6"#, true),
      (#""from":"page.json/n","less_than":5"#, false), (#""from":"page.json/f","less_than":2.6"#, true),
      (#""from":"page.json/f","greater_than":"{{n}}""#, false), (#""from":"page.json/t","greater_than":1"#, false),
      (#""from":"page.json/no","less_than":1"#, false), (#""from":"page.headers.X-Left","greater_than":11"#, true),
      (#""from":"page.json/n","greater_than":1,"less_than":9"#, true),
      (#""from":"page.json/n","greater_than":1,"less_than":4"#, false),
    ]
    for (fields, expected) in cases {
      #expect(try holds("{\(fields)}") == expected, "\(fields)")
    }
  }

  @Test("all, any and not join conditions to any depth")
  func joined() throws {
    let (yes, no) = (#"{"from":"n","equals":7}"#, #"{"from":"n","equals":8}"#)
    #expect(try holds(#"{"all":[\#(yes),\#(yes)]}"#))
    #expect(try !holds(#"{"all":[\#(yes),\#(no)]}"#))
    #expect(try holds(#"{"any":[\#(no),\#(yes)]}"#))
    #expect(try !holds(#"{"any":[\#(no),\#(no)]}"#))
    #expect(try holds(#"{"not":{"all":[\#(yes),{"not":\#(yes)}]}}"#))
  }

  @Test("an assertion tells its message, the condition, and what it saw but for texts")
  func messages() throws {
    func message(_ step: String) throws -> String? {
      FlowRun(try plan(step: step)) { _, _ in .body("pw") }.failure?.message
    }
    #expect(
      try message(#"{"assert":{"from":"page.status","equals":201},"message":"refused {{word}}"}"#)
        == "/steps/1 (assert): refused hey (does not hold: page.status equals 201; it is 200)")
    #expect(
      try message(#"{"assert":{"from":"page.body","equals":"x"}}"#)
        == #"/steps/1 (assert): does not hold: page.body equals "x"; it is a text of 2 bytes"#)
    #expect(
      try message(#"{"assert":{"from":"page.json/a","exists":true},"message":"no {{page.json/a}}"}"#)
        == "/steps/1 (assert): no {{page.json/a}} (does not hold: page.json/a exists; it is not there)")
    let long = try message(#"{"assert":{"from":"n","equals":"\#(String(repeating: "é", count: 2000))"}}"#)
    #expect(try #require(long).utf8.count < FlowLimits.messageBytes + 40)
  }
}
