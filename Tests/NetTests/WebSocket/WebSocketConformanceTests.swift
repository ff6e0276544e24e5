import HTTP
import Loop
import Net
import Testing

/// The cases of the Autobahn test suite's categories, against a live endpoint that echoes: each case as one piece, and
/// byte by byte where it is short.
@Suite("WebSocket conformance", .timeLimit(.minutes(5)))
struct WebSocketConformanceTests {
  @Test("1: messages of every length form come back", arguments: ConformanceCase.framing)
  func framing(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test("2: pings are answered with their own bytes, pongs are not answered", arguments: ConformanceCase.pings)
  func pings(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test(
    "3: a reserved bit ends the connection, behind what was right before it", arguments: ConformanceCase.reservedBits)
  func reservedBits(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test("4: a reserved opcode ends the connection", arguments: ConformanceCase.opcodes)
  func opcodes(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test("5: fragments are put together, control frames between them heard", arguments: ConformanceCase.fragments)
  func fragments(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test("6: text is UTF-8 or the connection ends with 1007", arguments: ConformanceCase.texts)
  func texts(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test("7: a Close is answered, once, and is the last thing heard", arguments: ConformanceCase.closes)
  func closes(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test("9: large messages come back up to the limits, and beyond end with 1009", arguments: ConformanceCase.limits)
  func limits(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test("10: mixed sizes and fragments of every size come back in order", arguments: ConformanceCase.mixed)
  func mixed(_ conformance: ConformanceCase) async throws { try await conformance.check() }

  @Test("what is not masked ends the connection")
  func unmasked() async throws {
    let bytes = frame(.text, "one") + rawFrame(0x81, Array("two".utf8), isMasked: false)
    try await ConformanceCase("unmasked", bytes, [.text("one"), .close(.protocolError)]).check()
  }
}

/// Bytes that a client sends behind its handshake, and all that it hears until the connection ends. Where the bytes do
/// not end it, a Close of the client's own is sent behind them.
struct ConformanceCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let sent: [UInt8]
  let heard: [Heard]

  init(_ name: String, _ sent: [UInt8], _ heard: [Heard]) {
    testDescription = name
    if case .close = heard.last {
      (self.sent, self.heard) = (sent, heard)
    } else {
      (self.sent, self.heard) = (sent + closeFrame(1000), heard + [.close(.normal)])
    }
  }

  static func broken(_ name: String, _ sent: [UInt8], after heard: [Heard] = []) -> ConformanceCase {
    ConformanceCase(name, sent, heard + [.close(.protocolError)])
  }

  func check() async throws {
    try await withEchoes { [self] server, loop, _ in
      let whole = try await WebSocketClient.open(server.localAddress, loop, behind: sent)
      await whole.end()
      #expect(whole.heard == heard && !whole.wasReset)
      guard sent.count <= 2000 else { return }
      let trickled = try await WebSocketClient.open(server.localAddress, loop)
      for byte in sent where !trickled.isEnded {
        trickled.send([byte])
        await loop.yield()
      }
      await trickled.end()
      #expect(trickled.heard == heard && !trickled.wasReset)
      while server.connectionCount > 0 { await loop.yield() }
    }
  }
}
