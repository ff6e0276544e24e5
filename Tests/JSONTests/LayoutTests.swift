import JSON
import Testing

@Suite("A layout that is known")
struct LayoutTests {
  @Test("its pieces are read in their order, from a slice as from a whole")
  func pieces() {
    let text = Array(#"..{"index":7,"value":{"a":[1, "x"]},"ms":0.25}"#.utf8)
    var layout = JSONLayout(text[2...])
    let index = layout.skip(#"{"index":"#) ? layout.count() : nil
    let value = layout.skip(#","value":"#) ? layout.value(depthLimit: 2) : nil
    let number = layout.skip(#","ms":"#) ? layout.number() : nil
    #expect(index == 7 && value?.text == #"{"a":[1, "x"]}"# && number == 0.25)
    let (before, end, after) = (layout.isAtEnd, layout.skip("}"), layout.isAtEnd)
    #expect(!before && end && after)
    let more = layout.skip("}")
    #expect(!more)
  }

  @Test("what is no piece of it is refused, and nothing is read")
  func strangers() {
    for text in ["-1", "07", "x", "", "1234567890123456789"] {
      var layout = JSONLayout(Array(text.utf8)[...])
      let count = layout.count()
      #expect(count == nil || !layout.isAtEnd, "\(text)")
    }
    for text in [#"{"a":1"#, "[1,]", "tru", #""\u12"#, "01"] {
      var layout = JSONLayout(Array(text.utf8)[...])
      let value = layout.value(depthLimit: 8)
      #expect(value == nil || !layout.isAtEnd, "\(text)")
    }
    var deep = JSONLayout(Array("[[1]]".utf8)[...])
    let tooDeep = deep.value(depthLimit: 1)
    var text = JSONLayout(Array(#""1""#.utf8)[...])
    let number = text.number()
    #expect(tooDeep == nil && number == nil)
  }

  @Test(
    "members that are given while a text is checked are those that it has",
    arguments: [
      #"{}"#, #" {"a":1,"b":[{"c":2}],"a":"again", "\u0061":null} "#, #"{"x": {"y" : 1 } , "z":true}"#, "[1]", "7",
    ])
  func onePass(_ text: String) throws {
    let bytes = Array(text.utf8)[...]
    var given: [String] = []
    let value = try JSONValue.parse(bytes) { given.append("\($0.string)=\($1.text)") }
    let plain = try JSONValue.parse(bytes)
    var there: [String] = []
    plain.forEachMember { there.append("\($0.string)=\($1.text)") }
    #expect(value.text == plain.text && given == there)
  }

  @Test(
    "a text that is none is refused at the same place in one pass as in two",
    arguments: [
      "{", "{\"a\"", "{\"a\":1,}", "{\"a\":1} x", "{\"a\":[1,{\"b\":}]}", "", "[", "{\"a\":1", "{1:2}",
    ])
  func errors(_ text: String) {
    let bytes = Array(text.utf8)[...]
    var (first, second): (JSONError?, JSONError?)
    do throws(JSONError) { _ = try JSONValue.parse(bytes) { _, _ in } } catch { first = error }
    do throws(JSONError) { _ = try JSONValue.parse(bytes) } catch { second = error }
    #expect(first != nil && first == second)
  }
}
