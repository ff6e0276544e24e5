import HTTP
import Loop
import Net
import Testing

/// What a slow or silent peer costs, and what it may not cost.
@Suite(.timeLimit(.minutes(2))) struct HTTPServerPressureTests {
  @Test("a streamed answer is chunked, and its writer is held back by a reader that stalls")
  func streaming() async throws {
    let total = 64_000_000
    let notes = Notes()
    let stream: @Sendable (HTTPExchange) -> Void = { exchange in
      exchange.startStream(status: 200, headers: ["Content-Type": "text/plain"])
      exchange.loop.spawn { () async in
        notes.left = total
        while notes.left > 0 {
          if exchange.isCongested { notes.events.append("held back") }
          guard await exchange.writable() else { return }
          exchange.write(Array(repeating: 97, count: 100_000))
          notes.left -= 100_000
        }
        exchange.finish()
      }
    }
    try await withServer(stream) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.stopReading()
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      while notes.events.isEmpty { await loop.yield() }
      for _ in 0..<100 { await loop.yield() }
      #expect(notes.left > 0)
      client.goOnReading()
      await client.wait { $0.isEnded || $0.received.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
      #expect(client.received.count > total && client.text.prefix(300).contains("\r\nTransfer-Encoding: chunked\r\n"))
    }
  }

  @Test("an answer that ends with a close arrives whole, however late it is read, and a draining server waits for it")
  func largeLastAnswer() async throws {
    let body = Array(repeating: UInt8(98), count: 32_000_000)
    try await withServer({ $0.respond(status: 200, body: body) }) { server, loop in
      let closing = try await RawClient.connect(server.localAddress, loop)
      let kept = try await RawClient.connect(server.localAddress, loop)
      closing.stopReading()
      kept.stopReading()
      closing.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      for _ in 0..<100 { await loop.yield() }
      server.stopAccepting()
      for _ in 0..<100 { await loop.yield() }
      #expect(server.connectionCount == 2)
      closing.goOnReading()
      kept.goOnReading()
      await closing.wait { $0.isEnded }
      await kept.wait { $0.isEnded }
      #expect(closing.received.count > body.count && kept.received.count > body.count)
      while server.connectionCount > 0 { await loop.yield() }
    }
  }

  @Test("a connection whose answer came later is idle again: the next request is served, and a drain ends it at once")
  func laterAnswer() async throws {
    let later: @Sendable (HTTPExchange) -> Void = { exchange in
      exchange.loop.execute { exchange.respond(status: 200, body: Array("later".utf8)) }
    }
    try await withServer(later) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      for _ in 0..<2 {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = await client.take(endingWith: "later")
      }
      server.stopAccepting()
      #expect(await client.takeAll() == "")
    }
  }

  @Test("a body may be read later, paused at its last byte and gone on with, and is whole")
  func pausedBody() async throws {
    let notes = Notes()
    let slow: @Sendable (HTTPExchange) -> Void = { exchange in
      exchange.loop.execute {
        exchange.readBody { event in
          switch event {
          case .chunk(let bytes):
            notes.events.append(String(decoding: bytes, as: UTF8.self))
            exchange.pauseBody()
            exchange.loop.execute { exchange.resumeBody() }
          case .end: exchange.respond(status: 200, body: Array("whole".utf8))
          case .failed(let error): notes.events.append("\(error)")
          }
        }
      }
    }
    try await withServer(slow) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
      _ = await client.take(endingWith: "whole")
      client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n")
      _ = await client.take(endingWith: "whole")
      #expect(notes.events == ["abc", "de", "f"])
    }
  }

  @Test("a client that sends on while nobody reads its body is slowed down")
  func bodyBackPressure() async throws {
    let notes = Notes()
    try await withServer({ notes.exchanges.append($0) }) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      let total = 16_000_000
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(total)\r\n\r\n")
      client.send(String(repeating: "x", count: total))
      while notes.exchanges.isEmpty { await loop.yield() }
      for _ in 0..<100 { await loop.yield() }
      #expect(client.queuedBytes > 0)
      let body = try await notes.exchanges[0].body(upTo: total)
      #expect(body.count == total)
      notes.exchanges[0].respond(status: 204)
      _ = await client.take(endingWith: "\r\n\r\n")
    }
  }

  @Test("bodies collected in memory are bounded over all connections: one too many gets 503 and the way out")
  func collectedBytes() async throws {
    var limits = HTTPServerLimits()
    limits.collectedBytes = 1000
    try await withServer(limits: limits, echo) { server, loop in
      let first = try await RawClient.connect(server.localAddress, loop)
      first.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n" + String(repeating: "x", count: 800))
      for _ in 0..<100 { await loop.yield() }
      let second = try await RawClient.connect(server.localAddress, loop)
      second.send("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n" + String(repeating: "x", count: 900))
      let refused = await second.take(endingWith: "}")
      #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("\r\nRetry-After: 1\r\n"))
      first.send(String(repeating: "x", count: 100))
      #expect(await first.take(endingWith: "!").hasPrefix("HTTP/1.1 200"))
      second.send("POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\ny")
      #expect(await second.take(endingWith: "POST /3 y!").hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test("a peer that takes nothing of its answer is cut off")
  func writeDeadline() async throws {
    var limits = HTTPServerLimits()
    limits.writeTimeout = .milliseconds(50)
    let notes = Notes()
    try await withServer(
      limits: limits,
      { exchange in
        exchange.onAbort { notes.events.append("aborted") }
        exchange.startStream(status: 200)
        exchange.write(Array(repeating: 97, count: 32_000_000))
      }
    ) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.stopReading()
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      while server.connectionCount == 0 { await loop.yield() }
      while server.connectionCount > 0 { try await loop.sleep(for: .milliseconds(5)) }
      #expect(notes.events == ["aborted"])
    }
  }

  @Test("of connections that have ended, no more wait for their peers than may; every answer arrives all the same")
  func lingering() async throws {
    var limits = HTTPServerLimits()
    limits.lingering = 2
    try await withServer(limits: limits, echo) { server, loop in
      var clients: [RawClient] = []
      for number in 0..<5 {
        let client = try await RawClient.connect(server.localAddress, loop)
        client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(await client.takeAll().hasSuffix("GET /\(number) !"))
        clients.append(client)
      }
      #expect(server.lingeringCount == 2 && server.connectionCount == 0)
      for client in clients { client.close() }
      while server.lingeringCount > 0 { await loop.yield() }
    }
  }

  @Test("a connection whose last answer is not taken still counts among those that there may be")
  func closingCounts() async throws {
    var limits = HTTPServerLimits()
    limits.connections = 1
    let body = Array(repeating: UInt8(98), count: 32_000_000)
    try await withServer(limits: limits, { $0.respond(status: 200, body: body) }) { server, loop in
      let slow = try await RawClient.connect(server.localAddress, loop)
      slow.stopReading()
      slow.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      while !server.hasUnsentAnswers { await loop.yield() }
      let second = try await RawClient.connect(server.localAddress, loop)
      #expect(await second.takeAll().hasPrefix("HTTP/1.1 503 "))
      slow.close()
    }
  }

  @Test("a body whose reader lets it rest has no deadline, and one whose reader does not has one")
  func restingBody() async throws {
    var limits = HTTPServerLimits()
    limits.bodyTimeout = .milliseconds(20)
    let notes = Notes()
    let stream: @Sendable (HTTPExchange) -> Void = { exchange in
      exchange.readBody(mayRest: exchange.request.path == "/stream") { event in
        switch event {
        case .chunk(let bytes): notes.events.append(String(decoding: bytes, as: UTF8.self))
        case .end: exchange.respond(status: 200, body: Array("whole".utf8))
        case .failed(let error): exchange.respond(error)
        }
      }
    }
    try await withServer(limits: limits, stream) { server, loop in
      let resting = try await RawClient.connect(server.localAddress, loop)
      resting.send("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\na")
      while notes.events.isEmpty { await loop.yield() }
      let slow = try await RawClient.connect(server.localAddress, loop)
      slow.send("POST /else HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
      #expect(await slow.takeAll().hasPrefix("HTTP/1.1 408 "))
      resting.send("b")
      #expect(await resting.take(endingWith: "whole").contains("HTTP/1.1 200 "))
    }
  }

  @Test("an answer before the end of a body that may rest is the connection's last, and its sender is not waited for")
  func answeredEarly() async throws {
    let early: @Sendable (HTTPExchange) -> Void = { exchange in
      exchange.readBody(mayRest: true) { _ in exchange.respond(status: 400, body: Array("bad".utf8)) }
    }
    try await withServer(early) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
      let answer = await client.takeAll()
      #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.hasSuffix("bad"))
      #expect(answer.contains("\r\nConnection: close\r\n"))
    }
  }

  @Test("what is held for a request counts until its answer, and no longer")
  func heldBytes() async throws {
    var limits = HTTPServerLimits()
    limits.collectedBytes = 1_000
    let notes = Notes()
    try await withServer(limits: limits, { notes.exchanges.append($0) }) { server, loop in
      let clients = [
        try await RawClient.connect(server.localAddress, loop), try await RawClient.connect(server.localAddress, loop),
        try await RawClient.connect(server.localAddress, loop),
      ]
      for client in clients { client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
      while notes.exchanges.count < 3 { await loop.yield() }
      let (first, second, third) = (notes.exchanges[0], notes.exchanges[1], notes.exchanges[2])
      try first.hold(600)
      #expect(throws: HTTPError.self) { try second.hold(600) }
      try first.hold(300)
      try second.hold(600)
      second.respond(status: 204)
      try third.hold(700)
      clients.forEach { $0.close() }
      while server.connectionCount > 0 { await loop.yield() }
      try third.hold(1_000)
      let last = try await RawClient.connect(server.localAddress, loop)
      last.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      while notes.exchanges.count < 4 { await loop.yield() }
      try notes.exchanges[3].hold(1_000)
    }
  }
}
