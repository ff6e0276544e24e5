import Testing

@testable import Ignareo

@Suite("Lines of a stream")
struct LineReaderTests {
  private static func lines(_ chunks: [String], limit: Int = 100) throws -> [String] {
    var reader = LineReader(limit: limit)
    var lines: [String] = []
    func note(_ number: Int, _ bytes: ArraySlice<UInt8>) {
      lines.append("\(number):\(String(decoding: bytes, as: UTF8.self))")
    }
    for chunk in chunks { try reader.read(Array(chunk.utf8), note) }
    try reader.finish(note)
    return lines
  }

  @Test("are cut wherever the chunks are, empty ones counted and skipped, the last one complete without its break")
  func cut() throws {
    let whole = "one\n\n  \r\ntwo\nthree"
    let expected = ["1:one", "4:two", "5:three"]
    #expect(try Self.lines([whole]) == expected)
    #expect(try Self.lines(whole.map(String.init)) == expected)
    #expect(try Self.lines([]) == [])
  }

  @Test("longer than the limit are refused with their number before they are whole")
  func tooLong() {
    for chunks in [["a\n" + String(repeating: "x", count: 11)], ["a\n", "xxxxxx", "xxxxx"], ["a\nxxxxxxxxxxx\n"]] {
      do {
        _ = try Self.lines(chunks, limit: 10)
        Issue.record("a line of 11 bytes was taken")
      } catch {
        #expect((error as? LineReader.TooLong)?.line == 2)
      }
    }
  }
}
