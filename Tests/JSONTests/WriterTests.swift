import JSON
import Testing

@Suite("The writer")
struct WriterTests {
  @Test("commas stand where they belong")
  func commas() throws {
    let value = JSONValue.object {
      $0.member("index", 7)
      $0.object("empty") { _ in }
      $0.array("list") { list in
        list.int(1)
        list.array { _ in }
        list.object { $0.member("x", true) }
        list.null()
        list.string("s")
      }
      $0.member("raw", raw: Array("[1, 2]".utf8))
      $0.member("names", ["a", "b"])
      $0.member("gone", ifPresent: String?.none)
      $0.member("there", ifPresent: 1.5)
      $0.member("nested") { $0.double(2) }
    }
    #expect(
      value.text == #"{"index":7,"empty":{},"list":[1,[],{"x":true},null,"s"],"raw":[1, 2],"#
        + #""names":["a","b"],"there":1.5,"nested":2}"#)
    #expect(try JSONValue.parse(value.text) == value)
  }

  @Test("what a string may hold survives the way there and back")
  func strings() throws {
    var scalars = String.UnicodeScalarView()
    for code in UInt32(0)..<0x300 { scalars.append(Unicode.Scalar(code)!) }
    let text = String(scalars) + "😀漢\u{2028}\u{10ffff}\u{fffd}"
    let value = JSONValue.string(text)
    #expect(try JSONValue.parse(value.text).string == text)
    #expect(value.text.hasPrefix(#""\u0000\u0001"#))
    #expect(value.text.contains(#"\u0007\b\t\n\u000b\f\r\u000e"#))
    #expect(JSONValue.string("a\"b\\c/").text == #""a\"b\\c/""#)
  }

  @Test(
    "a double is written with the fewest digits that read back",
    arguments: [
      (0.1, "0.1"), (3, "3"), (-0.0, "-0"), (1e16, "1e+16"), (123456.5, "123456.5"), (.leastNonzeroMagnitude, "5e-324"),
      (1.7976931348623157e308, "1.7976931348623157e+308"), (.infinity, "null"), (-.infinity, "null"), (.nan, "null"),
      (1_000_000, "1000000"),
    ] as [(Double, String)])
  func doubles(_ double: Double, _ text: String) throws {
    let value = JSONValue.double(double)
    #expect(value.text == text)
    if double.isFinite { #expect(try JSONValue.parse(value.text).double == double) }
  }

  @Test("whole numbers and those of few decimals are written as the library writes them, and read back")
  func decimals() throws {
    var state: UInt64 = 7
    for round in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let whole = Int64(bitPattern: state) >> Int64(round % 60)
      #expect(JSONValue.int(Int(whole)).text == whole.description)
      let scale = [1.0, 10, 100, 1_000, 1e4, 1e5, 1e6, 1e7][round % 8]
      let double = Double(whole % 1_000_000_000_000) / scale
      let text = JSONValue.double(double).text
      #expect(try JSONValue.parse(text).double?.bitPattern == double.bitPattern)
      let plain = double.description.hasSuffix(".0") ? String(double.description.dropLast(2)) : double.description
      if !plain.contains("e") { #expect(text == plain) }
    }
    for edge in [Int.min, .max, 0, -1, 9, 10, -10] { #expect(JSONValue.int(edge).text == edge.description) }
    #expect(JSONValue.double(-0.0).text == "-0")
  }

  @Test("random doubles read back bit by bit")
  func roundTrip() throws {
    var state: UInt64 = 88_172_645_463_325_252
    for _ in 0..<20_000 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let double = Double(bitPattern: state)
      guard double.isFinite else { continue }
      #expect(try JSONValue.parse(JSONValue.double(double).text).double?.bitPattern == double.bitPattern)
    }
  }

  @Test("a value written in another one loses its line breaks, for NDJSON")
  func oneLine() throws {
    let pretty = try JSONValue.parse("{\r\n  \"a\": \"x\\ny\",\n  \"b\": [1,\n2]\n}")
    var writer = JSONWriter()
    writer.object { $0.member("args", pretty) }
    writer.endLine()
    writer.int(2)
    writer.endLine()
    #expect(writer.bytes.filter { $0 == 0x0a }.count == 2)
    let lines = writer.bytes.split(separator: 0x0a)
    #expect(try JSONValue.parse(lines[0])["args"] == pretty)
    #expect(try JSONValue.parse(lines[1]).int == 2)
  }

  @Test("integers of every width are written")
  func integers() {
    let value = JSONValue.writing {
      $0.array {
        $0.int(Int.min)
        $0.int(UInt64.max)
        $0.int(Int8(-1))
      }
    }
    #expect(value.text == "[-9223372036854775808,18446744073709551615,-1]")
  }

  @Test("a writer continues behind bytes that are there")
  func appending() {
    var writer = JSONWriter(appendingTo: Array("data: ".utf8))
    writer.bool(true)
    #expect(writer.bytes == Array("data: true".utf8))
  }
}
