import JSON
import Testing

@Suite("JSON read in parts")
struct ElementTests {
  private static func read(_ text: String) throws(JSONError) -> [String] {
    var elements = JSONElements(Array(text.utf8))
    var read: [String] = []
    while let element = try elements.next() { read.append(element.text) }
    return read
  }

  @Test(
    "an array's elements are those of the whole array",
    arguments: ["[]", " [ ] ", "[1]", " [ {\"a\":[1]} , \"]\" ,3 ]\n"])
  func elements(text: String) throws {
    #expect(try Self.read(text) == JSONValue.parse(text).elements?.map(\.text))
  }

  @Test(
    "an array that is none is refused as the whole text is",
    arguments: ["", " ", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "[1] 2", "[1]]", "[\"\u{1}\"]"])
  func malformed(text: String) throws {
    let whole = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
    let read = #expect(throws: JSONError.self) { try Self.read(text) }
    #expect(read == whole)
  }

  @Test("the depth limit counts the array itself")
  func depthLimit() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try Self.read(nested(JSONLimits.depth)).count == 1)
    #expect(throws: JSONError.self) { try Self.read(nested(JSONLimits.depth + 1)) }
  }

  @Test("nesting is what is open at once, brackets in strings not counted")
  func nesting() throws {
    let filler = "\"" + String(repeating: "[{", count: 20) + "\""
    let value = try JSONValue.parse("[[\(filler)],{\"[\":[\(filler)]}]")
    #expect(value.isNested(deeperThan: 2) && !value.isNested(deeperThan: 3))
    let deep = String(repeating: "[", count: 9) + String(repeating: "]", count: 9)
    #expect(try JSONValue.parse(deep).isNested(deeperThan: 8) && !JSONValue.parse(deep).isNested(deeperThan: 9))
  }
}
