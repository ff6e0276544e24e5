import HTTP
import Loop
import Net
import Testing

@Suite("A server's WebSockets", .timeLimit(.minutes(2)))
struct WebSocketConnectionTests {
  @Test("a handshake is answered with 101, and messages are echoed both ways")
  func echo() async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      let head = String(decoding: client.head, as: UTF8.self)
      #expect(head.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
      #expect(head.contains("\r\nConnection: Upgrade\r\n") && !head.contains("Content-Length"))
      client.send(text: "hello")
      client.send(frame(.binary, [0, 255]))
      #expect(await client.hear(2) == [.text("hello"), .binary([0, 255])])
      #expect(server.connectionCount == 1)
    }
  }

  @Test("frames right behind the handshake are heard, whole and torn")
  func pipelined() async throws {
    try await withEchoes { server, loop, _ in
      let torn = frame(.text, "torn")
      let client = try await WebSocketClient.open(
        server.localAddress, loop, behind: frame(.text, "one") + frame(.ping, "?") + torn.prefix(5))
      #expect(await client.hear(2) == [.text("one"), .pong("?")])
      client.send(Array(torn.dropFirst(5)))
      #expect(await client.hear(3).last == .text("torn"))
    }
  }

  @Test("a socket that is opened later hears what came meanwhile, and an earlier request is answered before it")
  func openedLater() async throws {
    let echoes = WebSocketEchoes()
    let later: @Sendable (HTTPExchange) -> Void = { exchange in
      guard exchange.request.path == "/socket" else { return exchange.respond(status: 204) }
      exchange.loop.execute { exchange.loop.execute { echoes.open(exchange) } }
    }
    try await withServer(later) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      let handshake = String(decoding: WebSocketClient.handshake, as: UTF8.self)
      client.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n" + handshake)
      client.send(frame(.text, "early"))
      let answers = await client.take(endingWith: "early")
      #expect(answers.hasPrefix("HTTP/1.1 204 ") && answers.contains("HTTP/1.1 101 "))
      #expect(echoes.all[0].messages == [.text(Array("early".utf8))])
    }
  }

  @Test("what opens no WebSocket is refused with its way out, and the connection serves the next request")
  func refused() async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send("GET /socket HTTP/1.1\r\nHost: a\r\n\r\n")
      let plain = await client.take(endingWith: "}")
      #expect(plain.hasPrefix("HTTP/1.1 426 ") && plain.contains("\r\nUpgrade: websocket\r\n"))
      #expect(plain.contains("application/problem+json"))
      client.send("GET /socket HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let last = await client.takeAll()
      #expect(last.hasPrefix("HTTP/1.1 426 ") && last.contains("\r\nConnection: Upgrade, close\r\n"))
      #expect(echoes.all.isEmpty)
    }
  }

  @Test("the deadlines of HTTP do not cut a WebSocket off")
  func noDeadlines() async throws {
    var limits = HTTPServerLimits()
    (limits.idleTimeout, limits.headTimeout) = (.milliseconds(30), .milliseconds(30))
    (limits.bodyTimeout, limits.writeTimeout) = (.milliseconds(30), .milliseconds(30))
    try await withEchoes(limits: limits) { server, loop, _ in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      // Connections that came later, and whose deadlines have passed.
      for _ in 0..<3 {
        let idle = try await RawClient.connect(server.localAddress, loop)
        #expect(await idle.takeAll() == "")
      }
      client.send(text: "still here")
      #expect(await client.hear(1) == [.text("still here")])
    }
  }

  @Test("WebSockets count among the connections that a server may hold")
  func counted() async throws {
    var limits = HTTPServerLimits()
    limits.connections = 1
    try await withEchoes(limits: limits) { server, loop, _ in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      let other = try await RawClient.connect(server.localAddress, loop)
      #expect(await other.takeAll().hasPrefix("HTTP/1.1 503 "))
      client.send(closeFrame(1000))
      await client.end()
      while server.connectionCount > 0 { await loop.yield() }
      #expect(try await WebSocketClient.open(server.localAddress, loop).isEnded == false)
    }
  }

  @Test("an upgraded exchange is answered: it lets go of the connection, and nobody's leave is told to it")
  func exchange() async throws {
    let notes = Notes()
    let echoes = WebSocketEchoes()
    let handler: @Sendable (HTTPExchange) -> Void = { exchange in
      notes.exchanges.append(exchange)
      exchange.onAbort { notes.events.append("aborted") }
      echoes.open(exchange)
    }
    try await withServer(handler) { server, loop in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      #expect(!notes.exchanges[0].isOpen)
      client.reset()
      while server.connectionCount > 0 { await loop.yield() }
      #expect(notes.events.isEmpty && echoes.all[0].end?.code == .abnormal)
    }
  }

  @Test("a client that left before its socket was opened gets none")
  func goneBefore() async throws {
    let notes = Notes()
    let echoes = WebSocketEchoes()
    try await withServer({ notes.exchanges.append($0) }) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send(String(decoding: WebSocketClient.handshake, as: UTF8.self))
      while notes.exchanges.isEmpty { await loop.yield() }
      client.reset()
      while server.connectionCount > 0 { await loop.yield() }
      echoes.open(notes.exchanges[0])
      #expect(echoes.all.isEmpty && server.connectionCount == 0)
    }
  }

  @Test("a greeting may be sent before the first message has come")
  func greeting() async throws {
    try await withEchoes({ $0.socket?.send(text: "welcome".utf8) }) { server, loop, _ in
      let client = try await WebSocketClient.open(server.localAddress, loop, behind: frame(.text, "hello"))
      #expect(await client.hear(2) == [.text("welcome"), .text("hello")])
    }
  }

  @Test("a paused socket delivers nothing until it is resumed, and then all of it in order")
  func paused() async throws {
    try await withEchoes({ echo in
      echo.whenReceived = { socket, _ in socket.pause() }
    }) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      let texts = (0..<300).map { String(repeating: "\($0)", count: 100) }
      for text in texts { client.send(text: text) }
      while echoes.all.isEmpty { await loop.yield() }
      let echo = echoes.all[0]
      for count in 1...texts.count {
        while echo.messages.count < count { await loop.yield() }
        for _ in 0..<5 { await loop.yield() }
        #expect(echo.messages.count == count)
        echo.socket?.resume()
      }
      #expect(echo.messages == texts.map { .text(Array($0.utf8)) })
    }
  }

  @Test("messages cost no task and no continuation: callbacks on the loop alone")
  func thrift() async throws {
    let clients = try EventLoop.start(name: "clients")
    defer { clients.stop() }
    try await withEchoes { server, loop, _ in
      let address = server.localAddress
      let client = try await clients.spawn { try await WebSocketClient.open(address, clients) }.value
      let before = loop.enqueueCounts.all
      await clients.spawn {
        for number in 1...200 {
          client.send(text: "\(number)")
          _ = await client.hear(number)
        }
      }.value
      // The test's own wait, on the server's loop, for that task.
      #expect(loop.enqueueCounts.all - before <= 2)
    }
  }
}
