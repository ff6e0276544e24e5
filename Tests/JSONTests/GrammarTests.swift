import JSON
import Testing

@Suite("JSON's grammar")
struct GrammarTests {
  @Test(
    "a text that RFC 8259 allows is taken",
    arguments: [
      "null", " true\n", "\tfalse\r\n", "0", "-0", "1", "-1.5", "1e5", "1E+5", "1.25e-3",
      "123456789012345678901234567890",
      "1e400", "\"\"", #""a\"\\\/\b\f\n\r\t""#, #""\u0000""#, #""\ud83d\ude00""#, "\"\u{7f}é漢😀\"", "[]", "[ ]",
      "[1,2]", "{}", "{ }", #"{"a":1}"#, #" { "a" : [ { } , null ] } "#, #"{"":0}"#, #"{"a":1,"a":2}"#,
    ])
  func valid(_ text: String) throws {
    let value = try JSONValue.parse(text)
    let first = try #require(value.bytes.first)
    let last = try #require(value.bytes.last)
    #expect(first > 0x20 && last > 0x20)
    #expect(Array(text.utf8).contains(value.bytes))
  }

  @Test(
    "a malformed text is refused with its cause and the very byte",
    arguments: [
      ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3), ("nulx", .badLiteral, 0),
      ("True", .expectedValue, 0), ("truex", .trailingBytes, 4), ("1 2", .trailingBytes, 2),
      ("[1] x", .trailingBytes, 4),
      ("+1", .expectedValue, 0), ("01", .leadingZero, 0), ("-01", .leadingZero, 1), ("-", .unexpectedEnd, 1),
      ("-x", .expectedDigit, 1), ("1.", .unexpectedEnd, 2), ("1.x", .expectedDigit, 2), (".5", .expectedValue, 0),
      ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), ("1ex", .expectedDigit, 2), ("0x10", .trailingBytes, 1),
      ("NaN", .expectedValue, 0), ("Infinity", .expectedValue, 0), ("'a'", .expectedValue, 0),
      ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3), ("[1,]", .expectedValue, 3),
      ("[,1]", .expectedValue, 1), ("[1 2]", .expectedCommaOrBracket, 3), ("[1}", .expectedCommaOrBracket, 2),
      ("{", .unexpectedEnd, 1), ("{a:1}", .expectedKey, 1), ("{1:1}", .expectedKey, 1), (#"{"a""#, .unexpectedEnd, 4),
      (#"{"a" 1}"#, .expectedColon, 5), (#"{"a":}"#, .expectedValue, 5), (#"{"a":1,}"#, .expectedKey, 7),
      (#"{"a":1 "b":2}"#, .expectedCommaOrBrace, 7), (#"{"a":1]"#, .expectedCommaOrBrace, 6),
      ("\"", .unexpectedEnd, 1), ("\"a", .unexpectedEnd, 2), ("\"a\nb\"", .controlCharacter, 2),
      ("\"\u{1f}\"", .controlCharacter, 1), (#""\x""#, .badEscape, 1), (#""\"#, .unexpectedEnd, 2),
      (#""\u12""#, .badEscape, 1), (#""\u12"#, .unexpectedEnd, 5), (#""\u12g4""#, .badEscape, 1),
      (#""\ud800""#, .loneSurrogate, 1), (#""\ud800x""#, .loneSurrogate, 1), (#""\ud800\n""#, .loneSurrogate, 1),
      (#""\ud800\u0041""#, .loneSurrogate, 1), (#""\ude00""#, .loneSurrogate, 1), ("\u{feff}1", .expectedValue, 0),
      ("1 // no", .trailingBytes, 2), ("\u{a0}1", .expectedValue, 0),
    ] as [(String, JSONError.Code, Int)])
  func invalid(_ text: String, _ code: JSONError.Code, _ offset: Int) {
    #expect(throws: JSONError(code, at: offset)) { try JSONValue.parse(text) }
  }

  @Test(
    "a string that is not UTF-8 is refused",
    arguments: [
      [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x80, 0x80], [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe],
    ] as [[UInt8]])
  func invalidUTF8(_ sequence: [UInt8]) {
    // In each place of an eight-byte stride, as the scanner takes eight at a time.
    for padding in 0..<9 {
      let bytes = [0x22] + [UInt8](repeating: 0x61, count: padding) + sequence + [0x22]
      #expect(throws: JSONError(.badUTF8, at: 1 + padding)) { try JSONValue.parse(bytes) }
    }
  }

  @Test("every special byte is seen in every place of a stride")
  func strides() throws {
    for length in 0..<20 {
      let plain = String(repeating: "x", count: length)
      #expect(try JSONValue.parse("\"\(plain)\"").string == plain)
      #expect(try JSONValue.parse("\"\(plain)\\n\(plain)é\(plain)\"").string == "\(plain)\n\(plain)é\(plain)")
      #expect(throws: JSONError(.controlCharacter, at: length + 1)) {
        try JSONValue.parse("\"\(plain)\u{1}\(plain)\"")
      }
    }
  }

  @Test("nesting beyond the limit is refused where it happens")
  func depth() throws {
    let open = String(repeating: "[", count: JSONLimits.depth)
    let close = String(repeating: "]", count: JSONLimits.depth)
    _ = try JSONValue.parse(open + close)
    #expect(throws: JSONError(.tooDeep, at: JSONLimits.depth)) { try JSONValue.parse("[" + open + close + "]") }
    #expect(throws: JSONError(.tooDeep, at: 5)) { try JSONValue.parse(#"{"a":{}}"#, depthLimit: 1) }
    // A hostile text of brackets alone costs no stack.
    #expect(throws: JSONError(.tooDeep, at: 256)) { try JSONValue.parse([UInt8](repeating: 0x5b, count: 1_000_000)) }
  }

  @Test("every beginning of a valid text is refused, and none traps")
  func truncation() throws {
    let text = Array(#" {"a":[1,-2.5e+3,"x\ud83d\ude00é",true,null],"b":{"c":false}}"#.utf8)
    for count in 0..<text.count {
      #expect(throws: JSONError(.unexpectedEnd, at: count)) { try JSONValue.parse(text[..<count]) }
    }
  }

  @Test("a text with any one byte changed is refused or taken, and never traps")
  func mutation() throws {
    let text = Array(#"{"a":[1,-2.5e+3,"x\ud83d\ude00é",true,null],"b":{"c":false}}"#.utf8)
    for place in text.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[place] = byte
        guard let value = try? JSONValue.parse(changed) else { continue }
        value.forEachMember { _ = ($0.string, $1.elements, $1.double, $1.string) }
        #expect(value == value.detached)
      }
    }
  }

  @Test("an offset in a slice counts from the slice's beginning")
  func sliceOffsets() {
    let bytes = Array("xxxx[1,]".utf8)
    #expect(throws: JSONError(.expectedValue, at: 3)) { try JSONValue.parse(bytes[4...]) }
  }

  @Test("an error names its cause, and its line and column")
  func errorText() throws {
    let text = Array("{\n  \"a\": tru\n}".utf8)
    let error = try #require(throws: JSONError.self) { try JSONValue.parse(text) }
    #expect(error.position(in: text) == JSONPosition(offset: 9, in: text))
    #expect("\(error.position(in: text))" == "line 2, column 8")
    #expect("\(error)" == "expected true, false or null (at byte 9)")
  }
}
