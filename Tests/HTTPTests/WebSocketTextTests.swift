import Testing

@testable import HTTP

@Suite("WebSocket texts are UTF-8")
struct WebSocketTextTests {
  /// The byte at which a text frame that never ends is refused.
  private func refusal(_ bytes: [UInt8]) -> Int? {
    var reader = WebSocketReader(role: .server)
    for (index, byte) in (frame(.text, [UInt8](repeating: 0, count: 100), key: 0)[..<6] + bytes).enumerated() {
      var place = 0
      do { _ = try reader.next(in: [byte].span, at: &place) } catch {
        return error.code == .invalidText ? index - 6 : nil
      }
    }
    return nil
  }

  @Test(
    "what can be no character's beginning is refused at the byte that makes it so",
    arguments: [
      ([0x80], 0), ([0xbf], 0), ([0xc0], 0), ([0xc1], 0), ([0xf5], 0), ([0xff], 0), ([0x61, 0xfe], 1),
      ([0xc3, 0x28], 1), ([0xe0, 0x9f], 1), ([0xed, 0xa0], 1), ([0xf0, 0x8f], 1), ([0xf4, 0x90], 1),
      ([0xe1, 0x80, 0x41], 2), ([0xf1, 0x80, 0xc0], 2), ([0xf0, 0x9f, 0x8e, 0x41], 3),
      ([0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x80], 9),
    ] as [([UInt8], Int)])
  func early(_ bytes: [UInt8], _ place: Int) { #expect(refusal(bytes) == place) }

  @Test(
    "what may go on is waited for",
    arguments: [
      [0xc3], [0xe0, 0xa0], [0xed, 0x9f], [0xf0, 0x90], [0xf4, 0x8f, 0xbf], [0xf4, 0x8f, 0xbf, 0xbf],
      [0xef, 0xbf, 0xbf], [0x00], [0x7f], [0xc2, 0x80], [0xee, 0x80, 0x80],
    ] as [[UInt8]])
  func patient(_ bytes: [UInt8]) { #expect(refusal(bytes) == nil) }

  @Test("a character may be cut between fragments, not by the message's end")
  func acrossFragments() {
    let party: [UInt8] = [0xf0, 0x9f, 0x8e, 0x89]
    for cut in 0...4 {
      let bytes = frame(.text, Array(party[..<cut]), isFinal: false) + frame(.continuation, Array(party[cut...]))
      #expect(readFrames(bytes) == [text("🎉")])
    }
    for count in 1...3 {
      #expect(readFrames(frame(.text, Array(party[..<count]))) == [.failed(.invalidText)])
      let torn = frame(.text, Array(party[..<count]), isFinal: false) + frame(.continuation)
      #expect(readFrames(torn) == [.failed(.invalidText)])
    }
    #expect(readFrames(frame(.text, [0xc3], isFinal: false) + frame(.ping) + frame(.continuation, [0x28])).count == 2)
    // Each message begins anew.
    #expect(readFrames(frame(.text, "é") + frame(.text, [0xa9])) == [text("é"), .failed(.invalidText)])
  }

  @Test("every sequence of three bytes about the table's edges is judged as the standard library judges it")
  func againstStandardLibrary() {
    let edges: [UInt8] = [
      0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
      0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ]
    for first in edges {
      for second in edges {
        for third in edges {
          for bytes in [[first, second, third], [first, second, third, 0x80], [first, second, third, 0xbf, 0x41]] {
            var check = UTF8Check()
            let valid = check.take(bytes.span) && check.isAtBoundary
            #expect(valid == (String(validating: bytes, as: UTF8.self) != nil))
          }
        }
      }
    }
  }

  @Test("binary is not looked into")
  func binary() { #expect(readFrames(frame(.binary, [0xff, 0xc0])) == [.event(.binary([0xff, 0xc0]))]) }
}
