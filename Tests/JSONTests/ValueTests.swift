import JSON
import Testing

@Suite("A value's parts")
struct ValueTests {
  let value = try! JSONValue.parse(
    #" {"name":"n1", "n" : 3, "list":[1, "two", {"x":null}],"flag":true,"nothing":null,"#
      + #""a\nb":1,"na\u006de2":"é\u00e9\ud83d\ude00"} "#
  )

  @Test("a member is found by its name, escapes resolved")
  func lookup() {
    #expect(value["name"]?.string == "n1")
    #expect(value["n"]?.int == 3)
    #expect(value["flag"]?.bool == true)
    #expect(value["nothing"]?.isNull == true)
    #expect(value["a\nb"]?.int == 1)
    #expect(value["name2"]?.string == "éé😀")
    #expect(value["absent"] == nil)
    #expect(value["na\\u006de2"] == nil)
    #expect(value["name"]?["deeper"] == nil)
  }

  @Test("kinds are told by the first byte")
  func kinds() throws {
    #expect(value.kind == .object)
    #expect(
      try ["[]", "\"\"", "-1", "true", "false", "null"].map { try JSONValue.parse($0).kind }
        == [.array, .string, .number, .bool, .bool, .null])
  }

  @Test("a value of another kind gives nil")
  func otherKinds() {
    #expect(value.string == nil && value.int == nil && value.double == nil && value.bool == nil)
    #expect(value.elements == nil && value["name"]?.members == nil && value["name"]?.int == nil)
  }

  @Test("parts are the author's bytes")
  func rawBytes() {
    #expect(value["list"]?.text == #"[1, "two", {"x":null}]"#)
    #expect(value["list"]?.elements?.map(\.text) == ["1", "\"two\"", #"{"x":null}"#])
    #expect(value["list"]?.detached.bytes.startIndex == 0)
  }

  @Test("of two members with one name the last counts, and both are seen in order")
  func duplicates() throws {
    let value = try JSONValue.parse(#"{"a":1,"b":2,"\u0061":3}"#)
    #expect(value["a"]?.int == 3)
    #expect(value.members?.map(\.key.string) == ["a", "b", "a"])
    #expect(value.members?.map(\.value.int) == [1, 2, 3])
  }

  @Test("keys are compared with literals in a switch")
  func keys() throws {
    var seen: [String] = []
    try JSONValue.parse(#"{"task":1,"a\u0072gs":2,"other":3}"#).forEachMember { key, value in
      switch key {
      case "task": seen.append("T")
      case "args": seen.append("A")
      default: seen.append(key.string)
      }
    }
    #expect(seen == ["T", "A", "other"])
  }

  @Test("a walk ends where its closure throws")
  func throwing() throws {
    struct Stop: Error {}
    var count = 0
    #expect(throws: Stop.self) {
      try value.forEachMember { _, _ in
        count += 1
        if count == 2 { throw Stop() }
      }
    }
    #expect(count == 2)
  }

  @Test("a string is compared with a literal without being made")
  func isString() throws {
    #expect(value["name"]?.isString("n1") == true)
    #expect(value["name"]?.isString("n2") == false)
    #expect(try JSONValue.parse(#""\u0061b""#).isString("ab"))
    #expect(try JSONValue.parse("17").isString("17") == false)
  }

  @Test("brackets and commas inside strings are no structure")
  func stringsInside() throws {
    let value = try JSONValue.parse(#"{"a":"}],\"{","b":["]","\\"],"c":9}"#)
    #expect(value["a"]?.string == "}],\"{")
    #expect(value["b"]?.elements?.map(\.string) == ["]", "\\"])
    #expect(value["c"]?.int == 9)
  }

  @Test(
    "pointers reach what RFC 6901 says they reach",
    arguments: [
      ("", #"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#),
      ("/foo", #"["bar","baz"]"#), ("/foo/0", "\"bar\""), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"),
      ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"), ("/foo/2", nil), ("/foo/-", nil),
      ("/foo/00", nil), ("/foo/+1", nil), ("/foo/", nil), ("/foo/99999999999999999999", nil), ("/bar", nil),
      ("/foo/0/x", nil), ("foo", nil), ("/~2", nil), ("/~", nil),
    ] as [(String, String?)])
  func pointers(_ pointer: String, _ expected: String?) throws {
    let document = try JSONValue.parse(
      #"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#)
    #expect(document.at(pointer: pointer)?.text == expected)
  }

  @Test("a pointer's text survives a round trip, and a malformed one says where")
  func pointerText() throws {
    for text in ["", "/", "//", "/a~1b/~0", "/tasks/3/args"] { #expect(try JSONPointer(text).description == text) }
    #expect(JSONPointer().appending("a/b").appending(3).description == "/a~1b/3")
    #expect(try JSONPointer("/~01").tokens == ["~1"])
    #expect(throws: JSONError(.badPointer, at: 0)) { try JSONPointer("a") }
    #expect(throws: JSONError(.badPointer, at: 3)) { try JSONPointer("/a~2") }
    #expect(throws: JSONError(.badPointer, at: 3)) { try JSONPointer("/a~") }
  }
}
