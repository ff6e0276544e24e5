import HTTP
import Loop
import Net
import Testing

@Suite("The end of a WebSocket", .timeLimit(.minutes(2)))
struct WebSocketEndTests {
  @Test("a client's Close is answered with its own code, told with its reason, and nothing is left")
  func clientCloses() async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.send(text: "last")
      client.send(closeFrame(4321, "enough"))
      await client.end()
      #expect(client.heard == [.text("last"), .close(.init(rawValue: 4321))])
      let echo = echoes.all[0]
      #expect(echo.end?.code.rawValue == 4321 && echo.end?.reason == "enough")
      while server.connectionCount > 0 || echo.socket != nil { await loop.yield() }
      #expect(!server.hasUnsentAnswers)
    }
  }

  @Test("a Close without a code is answered without one, and told as 1005")
  func noCode() async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.send(frame(.close))
      await client.end()
      #expect(client.heard == [.close(nil)])
      #expect(echoes.all[0].end?.code == WebSocketCloseCode.none)
    }
  }

  @Test("a server that closes waits for the answer, and drops what is still said and sent meanwhile")
  func serverCloses() async throws {
    try await withEchoes({ echo in
      echo.whenReceived = { socket, _ in
        socket.close(.init(rawValue: 3001), reason: "bye")
        socket.send(text: "in vain".utf8)
        socket.close(.normal)
      }
    }) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.answers = false
      client.send(frame(.text, "one") + frame(.text, "two"))
      #expect(await client.hear(1) == [.close(.init(rawValue: 3001))])
      #expect(server.hasUnsentAnswers && echoes.all[0].end == nil)
      client.send(frame(.text, "three") + closeFrame(3001))
      await client.end()
      #expect(client.heard.count == 1 && echoes.all[0].messages.count == 1)
      #expect(echoes.all[0].end?.code.rawValue == 3001)
    }
  }

  @Test("a socket may be closed as soon as it is open, before anything was read from it")
  func closesAtOnce() async throws {
    let echoes = WebSocketEchoes()
    let handler: @Sendable (HTTPExchange) -> Void = { exchange in
      echoes.open(exchange)
      echoes.all[0].socket?.close(.tryAgainLater)
    }
    try await withServer(handler) { server, loop in
      let client = try await WebSocketClient.open(server.localAddress, loop, behind: frame(.text, "unheard"))
      await client.end()
      #expect(client.heard == [.close(.tryAgainLater)] && echoes.all[0].messages.isEmpty)
      while server.connectionCount > 0 { await loop.yield() }
      #expect(echoes.all[0].end?.code == .tryAgainLater)
    }
  }

  @Test("a client that does not answer a Close is cut off")
  func noAnswer() async throws {
    var limits = HTTPServerLimits()
    limits.webSocket.closeTimeout = .milliseconds(20)
    try await withEchoes(limits: limits, { $0.whenReceived = { socket, _ in socket.close() } }) {
      server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.answers = false
      client.send(text: "close")
      await client.end()
      #expect(client.heard == [.close(.normal)])
      #expect(echoes.all[0].end?.code == .abnormal && echoes.all[0].end?.reason.contains("Close") == true)
      #expect(server.connectionCount == 0)
    }
  }

  @Test("a client that vanishes is told as 1006, whether it ended or broke the connection", arguments: [true, false])
  func vanishes(_ resets: Bool) async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.send(text: "here")
      _ = await client.hear(1)
      if resets { client.reset() } else { client.disconnect() }
      while echoes.all[0].end == nil { await loop.yield() }
      #expect(echoes.all[0].end?.code == .abnormal && server.connectionCount == 0)
      while echoes.all[0].socket != nil { await loop.yield() }
    }
  }

  @Test("a client that vanishes while it is not read from is told too")
  func vanishesUnread() async throws {
    try await withEchoes({ echo in echo.whenReceived = { socket, _ in socket.pause() } }) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      client.send(frame(.text, "one") + frame(.text, "two"))
      while echoes.all[0].messages.isEmpty { await loop.yield() }
      client.disconnect()
      while echoes.all[0].end == nil { await loop.yield() }
      #expect(echoes.all[0].messages.count == 1 && echoes.all[0].end?.code == .abnormal)
    }
  }

  @Test("a server that stops tells its sockets with 1001, and is empty once they have answered")
  func stops() async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      server.stopAccepting()
      await client.end()
      #expect(client.heard == [.close(.goingAway)])
      while server.connectionCount > 0 || server.hasUnsentAnswers { await loop.yield() }
      #expect(echoes.all[0].end?.code == .goingAway)
    }
  }

  @Test("a socket that still owes something outlives the server's stop until that is sent")
  func owes() async throws {
    try await withEchoes({ $0.endsWhenTold = false }) { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      server.stopAccepting()
      #expect(echoes.all[0].mustEnd)
      client.send(text: "more")
      #expect(await client.hear(1) == [.text("more")])
      echoes.all[0].socket?.close(.goingAway)
      #expect(server.hasUnsentAnswers)
      await client.end()
      while server.connectionCount > 0 { await loop.yield() }
    }
  }

  @Test("a socket that is opened while the server stops is told at once")
  func opensWhileStopping() async throws {
    let notes = Notes()
    let echoes = WebSocketEchoes()
    try await withServer({ notes.exchanges.append($0) }) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send(WebSocketClient.handshake)
      while notes.exchanges.isEmpty { await loop.yield() }
      server.stopAccepting()
      echoes.open(notes.exchanges[0])
      let answer = await client.take(endingWith: "the server stops")
      #expect(answer.hasPrefix("HTTP/1.1 101 ") && answer.hasSuffix("the server stops"))
      client.send(closeFrame(1001))
      while server.connectionCount > 0 { await loop.yield() }
    }
  }

  @Test("a server that closes ends its sockets at once and tells so")
  func closes() async throws {
    try await withEchoes { server, loop, echoes in
      let client = try await WebSocketClient.open(server.localAddress, loop)
      echoes.all[0].endsWhenTold = false
      server.close()
      #expect(echoes.all[0].end?.code == .abnormal && server.connectionCount == 0)
      await client.end()
      #expect(client.heard.isEmpty)
    }
  }
}
