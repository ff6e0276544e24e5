import HTTP
import Loop
import Net
import Testing

/// What a slow or silent peer of a WebSocket costs, and what it may not cost.
@Suite("Slow WebSockets", .timeLimit(.minutes(2)))
struct WebSocketPressureTests {
  private static let large = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)

  @Test("a client that does not read is not read from, and all is there once it reads on")
  func congestion() async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.stopReading()
      let count = 40
      let message = frame(.text, Self.large)
      for _ in 0..<count { client.send(message) }
      let echo = echoes.all[0]
      while echo.socket?.isCongested != true { await loop.yield() }
      for _ in 0..<100 { await loop.yield() }
      let heard = echo.messages.count
      #expect(heard < count && client.queuedBytes > 0)
      // One message's echo is all that goes beyond what congestion is.
      #expect(echo.socket?.queuedBytes ?? .max < 2 * Self.large.count)
      client.goOnReading()
      #expect(await client.hear(count) == Array(repeating: .text(Self.large), count: count))
      #expect(echo.drains > 0 && echo.messages.count == count)
    }
  }

  @Test("pings that a client does not read the answers of are not answered without bound")
  func pingFlood() async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.stopReading()
      let payload = Array(repeating: UInt8(7), count: 125)
      let flood = (0..<10_000).flatMap { _ in frame(.ping, payload) }
      for _ in 0..<8 { client.send(flood) }
      while echoes.all[0].socket?.isCongested != true { await loop.yield() }
      for _ in 0..<100 { await loop.yield() }
      #expect(client.queuedBytes > 0)
      #expect(echoes.all[0].socket?.queuedBytes ?? .max < 1 << 20)
      client.goOnReading()
      #expect(await client.hear(80_000).count == 80_000)
    }
  }

  @Test("a client that takes nothing of what is queued for it is cut off and told as 1006")
  func stalled() async throws {
    var limits = HTTPServerLimits()
    limits.webSocket.writeTimeout = .milliseconds(50)
    try await withEchoes(
      limits: limits,
      { echo in
        echo.whenReceived = { socket, _ in for _ in 0..<32 { socket.send(text: Self.large) } }
      }
    ) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.stopReading()
      client.send(text: "much")
      while server.connectionCount > 0 { try await loop.sleep(for: .milliseconds(5)) }
      #expect(echoes.all[0].end?.code == .abnormal && echoes.all[0].end?.reason.contains("took nothing") == true)
    }
  }

  @Test("a client that answers nothing is pinged, then closed with 1008")
  func silent() async throws {
    var limits = HTTPServerLimits()
    (limits.webSocket.pingInterval, limits.webSocket.pongTimeout) = (.milliseconds(20), .milliseconds(20))
    try await withEchoes(limits: limits) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.answers = false
      await client.end()
      #expect(client.heard == [.ping([]), .close(.policyViolation)])
      #expect(echoes.all[0].end?.code == .abnormal && echoes.all[0].end?.reason.contains("ping") == true)
    }
  }

  @Test("a client that answers pings lives on, and is pinged again")
  func answering() async throws {
    var limits = HTTPServerLimits()
    limits.webSocket.pingInterval = .milliseconds(5)
    try await withEchoes(limits: limits) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      #expect(await client.hear(5) == Array(repeating: .ping([]), count: 5))
      #expect(echoes.all[0].end == nil)
    }
  }

  @Test("a client that stops in the middle of a frame is given up like a silent one")
  func halfFrame() async throws {
    var limits = HTTPServerLimits()
    (limits.webSocket.pingInterval, limits.webSocket.pongTimeout) = (.milliseconds(20), .milliseconds(20))
    try await withEchoes(limits: limits) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.answers = false
      client.send(Array(frame(.text, "half").dropLast()))
      await client.end()
      #expect(client.heard.last == .close(.policyViolation) && echoes.all[0].messages.isEmpty)
    }
  }

  @Test("messages in the making are bounded over all sockets: the one too many is closed with 1013, the others go on")
  func unfinishedMessages() async throws {
    var limits = HTTPServerLimits()
    limits.collectedBytes = 3 << 20
    try await withEchoes(limits: limits) { server, loop, echoes in
      let begun = frame(.text, Self.large, isFinal: false)
      var clients: [WebSocketClient] = []
      for _ in 0..<3 {
        let client = try await WebSocketClient.open(server.localAddress, loop)
        client.send(begun + frame(.ping, "read"))
        _ = await client.hear(1)
        clients.append(client)
      }
      let tooMuch = try await WebSocketClient.open(server.localAddress, loop)
      tooMuch.send(begun)
      await tooMuch.end()
      #expect(tooMuch.heard == [.close(.tryAgainLater)] && echoes.all[3].end?.code == .tryAgainLater)
      clients[0].send(frame(.continuation, "end"))
      #expect(await clients[0].hear(2).last == .text(Self.large + Array("end".utf8)))
      let next = try await WebSocketClient.open(server.localAddress, loop)
      next.send(begun + frame(.continuation, ""))
      #expect(await next.hear(1) == [.text(Self.large)])
    }
  }

  @Test("a message whose end does not come in time ends its socket with 1008, though it answers pings")
  func endlessMessage() async throws {
    var limits = HTTPServerLimits()
    limits.webSocket.messageTimeout = .milliseconds(50)
    limits.webSocket.pingInterval = .milliseconds(10)
    try await withEchoes(limits: limits) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.send(frame(.text, "half", isFinal: false))
      await client.end()
      #expect(client.heard.last == .close(.policyViolation) && echoes.all[0].end?.code == .policyViolation)
      #expect(echoes.all[0].end?.reason.contains("whole") == true && echoes.all[0].messages.isEmpty)
    }
  }

  @Test("a message that is dealt with later counts until then")
  func heldMessage() async throws {
    var limits = HTTPServerLimits()
    limits.collectedBytes = 3 << 20
    let pause: @Sendable (WebSocketEcho) -> Void = { echo in echo.whenReceived = { socket, _ in socket.pause() } }
    try await withEchoes(limits: limits, pause) { server, loop, echoes in
      for number in 0..<3 {
        let client = try await WebSocketClient.open(server.localAddress, loop)
        client.send(frame(.text, Self.large))
        while echoes.all[number].messages.isEmpty { await loop.yield() }
      }
      let tooMuch = try await WebSocketClient.open(server.localAddress, loop)
      tooMuch.send(frame(.text, Self.large))
      await tooMuch.end()
      #expect(tooMuch.heard == [.close(.tryAgainLater)])
      for echo in echoes.all { echo.socket?.resume() }
      let next = try await WebSocketClient.open(server.localAddress, loop)
      next.send(frame(.text, Self.large))
      while echoes.all[4].messages.isEmpty { await loop.yield() }
    }
  }
}
