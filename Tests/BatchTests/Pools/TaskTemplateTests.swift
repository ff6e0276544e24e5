import Batch
import JSON
import Testing

/// Tasks made of items.
@Suite struct TaskTemplateTests {
  private static func fill(_ template: String, _ names: [String], _ items: String...) throws -> String {
    let template = try TaskTemplate(JSONValue.parse(template), taking: names)
    return try template.task(of: items.map { try JSONValue.parse($0) }).text
  }

  @Test("a whole string keeps the item's type and bytes; inside a text a string gives its text, else its JSON")
  func fills() throws {
    let args = #"{"a":"{{x}}","b":["<{{ x }}>","{{y.k/0}}"],"c":1.50,"d":"\\{{x}}"}"#
    let template = #"{"task":"echo","args":\#(args),"id":"{{y.k/1}}"}"#
    #expect(
      try Self.fill(template, ["x", "y"], "1e3", #"{"k":["\"",  "i"]}"#)
        == #"{"task":"echo","args":{"a":1e3,"b":["<1e3>","\""],"c":1.50,"d":"{{x}}"},"id":"i"}"#)
    #expect(
      try Self.fill(#"{"task":"echo","args":"{{x}}-{{x.a}}"}"#, ["x"], #"{"a":"\"\n"}"#)
        == #"{"task":"echo","args":"{\"a\":\"\\\"\\n\"}-\"\n"}"#)
  }

  @Test("a flow keeps names that are no pools, and braces in what is filled in are text for it")
  func flow() throws {
    let template = #"{"task":"flow","args":["{{own}} {{x}}","\\{{x}}","{{own}}","{{x}}",{"n":"{{x}}"}]}"#
    #expect(
      try Self.fill(template, ["x"], #"["{{", {"{{a}}":"b{{c}}"}, "plain"]"#)
        == #"{"task":"flow","args":["{{own}} [\"\\{{\", {\"\\{{a}}\":\"b\\{{c}}\"}, \"plain\"]","#
        + #""\\{{x}}","{{own}}",["\\{{",{"{{a}}":"b\\{{c}}"},"plain"],"#
        + #"{"n":["\\{{",{"{{a}}":"b\\{{c}}"},"plain"]}]}"#)
  }

  @Test("what cannot be is told when the batch is submitted, with its place")
  func refused() {
    func pointer(_ template: String) -> String? {
      do throws(TaskSpecError) {
        _ = try TaskTemplate((try? JSONValue.parse(template)) ?? .null, taking: ["x"])
        return nil
      } catch {
        return error.pointer.description
      }
    }
    #expect(pointer(#"{"task":"echo","args":"{{x}}"}"#) == nil)
    #expect(pointer("7")?.isEmpty == true)
    #expect(pointer(#"{"task":"echo","args":{"a/b":["{{y}}"]}}"#) == "/args/a~1b/0")
    #expect(pointer(#"{"task":"echo","args":"{{x"}"#) == "/args")
    #expect(pointer(#"{"task":"{{x}}"}"#) == "/task")
    #expect(pointer(#"{"args":1}"#) == "/task")
    #expect(pointer(#"{"task":"echo","no":"{{x}}"}"#) == "/no")
    #expect(pointer(#"{"task":"echo","attempts":0}"#) == "/attempts")
    #expect(pointer(#"{"task":"echo","limit":{"concurrency":1}}"#) == "/limit")
    #expect(pointer(#"{"task":"echo","limit":{"concurrency":1},"key":"{{x}}"}"#) == nil)
  }

  @Test("what an item lacks, or what makes no task of it, is told with the item")
  func lacking() throws {
    let template = try TaskTemplate(
      JSONValue.parse(#"{"task":"echo","args":"{{y.a}}","priority":"{{x}}"}"#), taking: ["x", "y"])
    func refusal(_ items: String...) -> TaskTemplate.Refusal? {
      do throws(TaskTemplate.Refusal) {
        _ = try template.spec(of: items.map { try! JSONValue.parse($0) })
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal("1", #"{"a":2}"#) == nil)
    #expect(refusal("1", "7")?.source == 1)
    #expect(refusal(#""high""#, #"{"a":2}"#)?.message.contains("priority") == true)
    #expect(refusal("1", #"{"a":"\#(String(repeating: "x", count: 1 << 20))"}"#) != nil)
  }
}
