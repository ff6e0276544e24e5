import HTTP

extension ConformanceCase {
  static let framing =
    [0, 1, 125, 126, 127, 128, 65_535, 65_536].flatMap { count in
      let text = Array(repeating: UInt8(ascii: "*"), count: count)
      let bytes = Array(repeating: UInt8(0xfe), count: count)
      return [
        ConformanceCase("text of \(count)", frame(.text, text), [.text(text)]),
        ConformanceCase("binary of \(count)", frame(.binary, bytes), [.binary(bytes)]),
      ]
    } + [
      broken("a length of 125 in three bytes", rawFrame(0x81, [1], length: [126, 0, 1])),
      broken("a length of 65535 in nine bytes", rawFrame(0x81, [1], length: [127, 0, 0, 0, 0, 0, 0, 0, 1])),
      broken("a negative length", rawFrame(0x81, [1], length: [127, 0x80, 0, 0, 0, 0, 1, 0, 0])),
    ]

  static let pings = [
    ConformanceCase("empty", frame(.ping), [.pong([])]),
    ConformanceCase("text", frame(.ping, "Hello"), [.pong("Hello")]),
    ConformanceCase("no text", frame(.ping, [0, 255, 254]), [.pong([0, 255, 254])]),
    ConformanceCase("125 bytes", frame(.ping, filler(125)), [.pong(filler(125))]),
    broken("126 bytes", frame(.ping, filler(126))),
    ConformanceCase("unasked pong", frame(.pong) + frame(.pong, "unasked"), []),
    ConformanceCase("pong, then ping", frame(.pong, "unasked") + frame(.ping, "?"), [.pong("?")]),
    ConformanceCase(
      "ten at once", (0..<10).flatMap { frame(.ping, "\($0)") }, (0..<10).map { .pong("\($0)") }),
  ]

  static let reservedBits =
    (1...7).map { bits in
      broken(
        "bits \(bits) between", frame(.text, "one") + rawFrame(0x81 | UInt8(bits) << 4, [65]) + frame(.ping),
        after: [.text("one")])
    } + [
      broken("in a ping", rawFrame(0xd9)), broken("in a Close", rawFrame(0xa8)),
      broken("in a continuation", frame(.text, "a", isFinal: false) + rawFrame(0xc0, [65])),
    ]

  static let opcodes =
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap { opcode in
      [
        broken("\(opcode), empty", rawFrame(0x80 | UInt8(opcode))),
        broken(
          "\(opcode) behind a text", frame(.text, "one") + rawFrame(0x80 | UInt8(opcode), [1]), after: [.text("one")]),
      ]
    }

  static let fragments = [
    broken("a ping in two", frame(.ping, "a", isFinal: false) + frame(.continuation, "b")),
    broken("a pong in two", frame(.pong, "a", isFinal: false) + frame(.continuation, "b")),
    broken("a Close in two", frame(.close, [3], isFinal: false) + frame(.continuation, [232])),
    ConformanceCase("in two", frame(.text, "a", isFinal: false) + frame(.continuation, "b"), [.text("ab")]),
    ConformanceCase(
      "binary in three",
      frame(.binary, [1], isFinal: false) + frame(.continuation, [], isFinal: false)
        + frame(.continuation, [2]), [.binary([1, 2])]),
    ConformanceCase(
      "all empty", frame(.text, isFinal: false) + frame(.continuation, isFinal: false) + frame(.continuation),
      [.text("")]),
    ConformanceCase(
      "pings between",
      frame(.text, "a", isFinal: false) + frame(.ping, "1") + frame(.continuation, "b", isFinal: false)
        + frame(.ping, "2") + frame(.pong) + frame(.continuation, "c"), [.pong("1"), .pong("2"), .text("abc")]),
    ConformanceCase(
      "a Close between", frame(.text, "a", isFinal: false) + closeFrame(1000) + frame(.continuation, "b"),
      [.close(.normal)]),
    broken("nothing to continue", frame(.continuation, "a") + frame(.text, "b")),
    broken("nothing to continue, not the last", frame(.continuation, "a", isFinal: false) + frame(.text, "b")),
    broken(
      "continued behind its end",
      frame(.text, "a", isFinal: false) + frame(.continuation, "b")
        + frame(.continuation, "c"), after: [.text("ab")]),
    broken("a message in a message", frame(.text, "a", isFinal: false) + frame(.text, "b")),
    broken("a beginning in a message", frame(.text, "a", isFinal: false) + frame(.binary, [1], isFinal: false)),
  ]

  static let texts = validTexts + invalidTexts + cutTexts

  private static let validTexts = [
    "κόσμε", "Hello-µ@ßöäüàá-UTF-8!!", "\u{0}", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}",
    "\u{fffd}", "\u{feff}", "\u{ffff}", "\u{fffe}", "\u{10000}", "\u{1fffe}", "\u{10ffff}", "𝄞🐎",
  ].map { ConformanceCase("valid \($0.unicodeScalars.map(\.value))", frame(.text, $0), [.text($0)]) }

  private static let invalidTexts: [ConformanceCase] = [
    [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x20], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
    [0xe1, 0x80], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80], [0xef, 0xbf],
    [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x90, 0x80], [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], [0xfe], [0xff],
  ].flatMap { (bytes: [UInt8]) in
    [
      ConformanceCase("invalid \(bytes)", frame(.text, Array("κ".utf8) + bytes), [.close(.invalidText)]),
      ConformanceCase(
        "invalid \(bytes) in the second fragment", frame(.text, "a", isFinal: false) + frame(.continuation, bytes),
        [.close(.invalidText)]),
      ConformanceCase("binary \(bytes)", frame(.binary, bytes), [.binary(bytes)]),
    ]
  }

  /// Characters cut between fragments; and a wrong byte, after which the rest is not waited for.
  private static let cutTexts: [ConformanceCase] = [
    ConformanceCase(
      "cut everywhere",
      frame(.text, isFinal: false) + Array("κ€𝄞".utf8).flatMap { frame(.continuation, [$0], isFinal: false) }
        + frame(.continuation), [.text("κ€𝄞")]),
    ConformanceCase(
      "wrong in the first fragment, the last never sent",
      frame(.text, [0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xf4, 0x90], isFinal: false), [.close(.invalidText)]),
    ConformanceCase(
      "wrong in a frame that is not there in full", Array(frame(.text, [0xff] + filler(100)).prefix(7)),
      [.close(.invalidText)]),
    ConformanceCase(
      "a ping between the halves of a character",
      frame(.text, [0xce], isFinal: false) + frame(.ping) + frame(.continuation, [0xba]), [.pong([]), .text("κ")]),
  ]

  static let closes =
    [
      ConformanceCase("no code", frame(.close), [.close(nil)]),
      ConformanceCase("twice", closeFrame(1000) + closeFrame(1001), [.close(.normal)]),
      ConformanceCase(
        "then a text", frame(.text, "a") + closeFrame(1000) + frame(.text, "b"), [.text("a"), .close(.normal)]),
      ConformanceCase("then a ping", closeFrame(1000) + frame(.ping), [.close(.normal)]),
      ConformanceCase("then nonsense", closeFrame(1000) + [0xff, 0xff, 0xff], [.close(.normal)]),
      ConformanceCase("the longest reason", closeFrame(1000, String(repeating: "r", count: 123)), [.close(.normal)]),
      broken("a reason too long", closeFrame(1000, String(repeating: "r", count: 124))),
      broken("half a code", frame(.close, [3])),
      ConformanceCase("a reason that is no text", frame(.close, [3, 232, 0xc3, 0x28]), [.close(.invalidText)]),
    ]
    + [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map { code in
      ConformanceCase("\(code)", closeFrame(UInt16(code)), [.close(.init(rawValue: UInt16(code)))])
    }
    + [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map {
      broken("\($0), which may not be sent", closeFrame(UInt16($0)))
    }

  private static let largest = WebSocketLimits.standard.messageBytes

  static let limits: [ConformanceCase] = [
    ConformanceCase("the largest text", frame(.text, filler(largest)), [.text(filler(largest))]),
    ConformanceCase(
      "the largest in fragments", fragmented(filler(largest), by: 65_536), [.binary(filler(largest))]),
    ConformanceCase(
      "a larger frame, refused by its head", Array(frame(.binary, filler(largest + 1)).prefix(14)),
      [.close(.messageTooBig)]),
    ConformanceCase(
      "a larger message in fragments",
      fragmented(filler(largest), by: 1 << 20, isWhole: false) + Array(frame(.continuation, [1]).prefix(6)),
      [.close(.messageTooBig)]),
    ConformanceCase(
      "too many fragments",
      frame(.text, isFinal: false)
        + (1..<WebSocketLimits.standard.messageFragments).flatMap { _ in frame(.continuation, isFinal: false) }
        + Array(frame(.continuation).prefix(6)), [.close(.messageTooBig)]),
  ]

  static let mixed: [ConformanceCase] =
    [64, 256, 1024, 4096, 65_536].map { size in
      ConformanceCase("200,000 bytes by \(size)", fragmented(filler(200_000), by: size), [.binary(filler(200_000))])
    } + [
      ConformanceCase("65,536 bytes by 1300", fragmented(filler(65_536), by: 1300), [.binary(filler(65_536))]),
      ConformanceCase(
        "sizes in turn", (0..<300).flatMap { frame(.text, filler($0 * 7)) }, (0..<300).map { .text(filler($0 * 7)) }),
      ConformanceCase(
        "a thousand small ones", (0..<1000).flatMap { frame(.binary, filler(16 + $0 % 3)) },
        (0..<1000).map { .binary(filler(16 + $0 % 3)) }),
    ]

  /// Printable, and not the same everywhere.
  private static func filler(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(0x20 + $0 % 95) } }

  private static func fragmented(_ payload: [UInt8], by size: Int, isWhole: Bool = true) -> [UInt8] {
    stride(from: 0, to: payload.count, by: size).flatMap { start in
      let end = min(start + size, payload.count)
      let opcode: Opcode = start == 0 ? .binary : .continuation
      return frame(opcode, Array(payload[start..<end]), isFinal: isWhole && end == payload.count)
    }
  }
}
