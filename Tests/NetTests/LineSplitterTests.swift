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

  @Test("are given only as long as they are wanted, and what is left can be taken later")
  func untilUnwanted() throws {
    var splitter = LineSplitter(limit: 100)
    var lines: [String] = []
    func note(_ bytes: ArraySlice<UInt8>, _ number: Int) -> Bool {
      lines.append("\(number):\(String(decoding: bytes, as: UTF8.self))")
      return number % 2 == 1
    }
    var rest = try splitter.take(Array("a\nb\nc\nd\ne".utf8)[...], while: note)
    #expect(String(decoding: rest, as: UTF8.self) == "c\nd\ne" && lines == ["1:a", "2:b"])
    rest = try splitter.take(rest, while: note)
    #expect(splitter.heldBytes == 0)
    rest = try splitter.take(rest, while: note)
    #expect(rest.isEmpty && splitter.heldBytes == 1 && lines == ["1:a", "2:b", "3:c", "4:d"])
    rest = try splitter.take(Array("E\nf\ng".utf8)[...], while: note)
    #expect(String(decoding: rest, as: UTF8.self) == "g" && lines.suffix(2) == ["5:eE", "6:f"])
  }
}
