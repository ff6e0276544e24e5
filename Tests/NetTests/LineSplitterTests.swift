import Testing

@testable import Net

@Suite("Lines of a stream")
struct LineSplitterTests {
  private static func lines(_ chunks: [String], limit: Int = 100) throws -> [String] {
    var splitter = LineSplitter(limit: limit)
    var lines: [String] = []
    func note(_ bytes: ArraySlice<UInt8>, _ number: Int) {
      lines.append("\(number):\(String(decoding: bytes, as: UTF8.self))")
    }
    for chunk in chunks { try splitter.take(Array(chunk.utf8), note) }
    try splitter.finish(note)
    return lines
  }

  @Test("are cut wherever the chunks are, empty ones counted and skipped, the last one complete without its break")
  func cut() throws {
    let whole = "one\n\n  \r\ntwo\r\nthree"
    let expected = ["1:one", "4:two", "5:three"]
    #expect(try Self.lines([whole]) == expected)
    #expect(try Self.lines(whole.map(String.init)) == expected)
    #expect(try Self.lines([]) == [])
  }

  @Test("of exactly the limit are taken, a carriage return not counted")
  func limit() throws {
    #expect(try Self.lines(["1234567890\r", "\nxy"], limit: 10) == ["1:1234567890", "2:xy"])
    #expect(try Self.lines(["1234567890"], limit: 10) == ["1:1234567890"])
  }

  @Test("longer than the limit are refused with their number and their beginning, also before they are whole")
  func tooLong() throws {
    let cases = [
      ["a\n" + String(repeating: "x", count: 11)], ["a\n", "xxxxxx", "xxxxxx"], ["a\nxxxxxxxxxxx\n"],
      ["a\n" + String(repeating: "x", count: 500)],
    ]
    for chunks in cases {
      let error = #expect(throws: LineSplitter.TooLong.self) { try Self.lines(chunks, limit: 10) }
      #expect(error?.line == 2)
      #expect(error?.beginning.first == UInt8(ascii: "x") && error?.beginning.count ?? 99 <= 64)
    }
  }
}
