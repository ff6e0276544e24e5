import Testing

@testable import HTTP

@Suite("WebSocket frames in pieces")
struct WebSocketPiecesTests {
  static let conversations: [[UInt8]] = [
    frame(.text, "Hello") + frame(.binary, [0, 255]) + frame(.ping, "p") + frame(.close, [0x03, 0xe8] + "ok".utf8),
    frame(.text, "κό", isFinal: false) + frame(.ping) + frame(.continuation, "σμε", isFinal: false)
      + frame(.pong, "x") + frame(.continuation) + frame(.text, "🎉") + [0x81, 0x05],
    frame(.binary, [UInt8](repeating: 9, count: 300)) + frame(.close) + [1, 2, 3],
    frame(.text, [0xf0, 0x9f], isFinal: false) + frame(.continuation, [0x8e, 0x89, 0xed, 0xa0]),
    [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
  ]

  @Test("one byte at a time says the same as all at once", arguments: conversations)
  func singleBytes(_ bytes: [UInt8]) {
    let whole = readFrames(bytes)
    #expect(!whole.isEmpty && !whole.contains(.confused))
    #expect(readFrames(bytes, .single) == whole)
    for sizes in [[2], [3], [7, 1], [1, 40], [13, 5, 2]] { #expect(readFrames(bytes, .sizes(sizes)) == whole) }
    for cut in 1..<bytes.count { #expect(readFrames(bytes, .sizes([cut, 100_000])) == whole) }
  }

  @Test("with any one byte changed, the pieces still make no difference, and nothing traps", arguments: conversations)
  func mutations(_ bytes: [UInt8]) {
    for place in bytes.indices {
      for change in [0x01, 0x08, 0x0f, 0x10, 0x40, 0x7f, 0x80, 0xff] as [UInt8] {
        var changed = bytes
        changed[place] ^= change
        let whole = readFrames(changed)
        #expect(!whole.contains(.confused))
        #expect(readFrames(changed, .single) == whole)
      }
    }
  }

  @Test("any beginning says a beginning of what the whole says", arguments: conversations)
  func truncation(_ bytes: [UInt8]) {
    let whole = readFrames(bytes)
    for count in bytes.indices { #expect(whole.starts(with: readFrames(Array(bytes[..<count])))) }
  }
}
