import HTTP
import Loop
import Net
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPServerTests {
  @Test("a connection is kept for the next request, and pipelined ones are answered in their order")
  func pipelining() async throws {
    try await withServer(echo) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send("GET /one HTTP/1.1\r\nHost: a\r\n\r\n")
      let first = await client.take(endingWith: "GET /one !")
      #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(first.contains("\r\nDate: ") && first.contains("\r\nContent-Length: 10\r\n"))
      client.send("POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /three HTTP/1.1\r\nHost: a\r\n\r\n")
      let rest = await client.take(endingWith: "GET /three !")
      #expect(rest.contains("POST /two abc!HTTP/1.1 200 OK"))
      #expect(server.connectionCount == 1)
    }
  }

  @Test("a request that arrives byte by byte is answered like one that comes whole")
  func trickle() async throws {
    try await withServer(echo) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      let request =
        "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
      for character in request {
        client.send(String(character))
        await loop.yield()
      }
      #expect(await client.take(endingWith: "abcde!").contains("POST /slow abcde!"))
    }
  }

  @Test("a client that waits for leave to send its body gets it, and only when the body is wanted")
  func expectContinue() async throws {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    try await withServer(echo) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send(head)
      #expect(await client.take(endingWith: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      client.send("ok")
      #expect(await client.take(endingWith: "POST / ok!").hasPrefix("HTTP/1.1 200"))
    }
    try await withServer({ $0.respond(.notFound("/")) }) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send(head)
      let answer = await client.takeAll()
      #expect(answer.hasPrefix("HTTP/1.1 404") && answer.contains("\r\nConnection: close\r\n"))
    }
  }

  @Test("an HTTP/1.0 client gets its stream without chunks, ended by the close")
  func oldClient() async throws {
    let stream: @Sendable (HTTPExchange) -> Void = { exchange in
      exchange.startStream(status: 200)
      exchange.write(Array("plain".utf8))
      exchange.finish()
    }
    try await withServer(stream) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send("GET / HTTP/1.0\r\n\r\n")
      let answer = await client.takeAll()
      #expect(answer.hasSuffix("\r\n\r\nplain") && !answer.contains("chunked"))
    }
  }

  @Test("HEAD is answered with the length and without the body")
  func head() async throws {
    try await withServer(echo) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let answer = await client.takeAll()
      #expect(answer.contains("\r\nContent-Length: 9\r\n") && answer.hasSuffix("\r\n\r\n"))
    }
  }

  /// A request that is none, and the status that says so.
  struct Malformed: CustomTestStringConvertible {
    let testDescription: String
    let status: Int
    let request: String

    init(_ name: String, _ status: Int, _ request: String) {
      (testDescription, self.status, self.request) = (name, status, request)
    }

    static let all = [
      Malformed("TLS", 400, "\u{16}\u{3}\u{1}garbage\r\n\r\n"),
      Malformed("space before the colon", 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
      Malformed("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
      Malformed("HTTP/3.0", 505, "GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
      Malformed("long target", 414, "GET /" + String(repeating: "x", count: 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
      Malformed(
        "long field", 431, "GET / HTTP/1.1\r\nHost: a\r\nA: " + String(repeating: "x", count: 70_000) + "\r\n\r\n"),
      Malformed("chunk size", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
      Malformed(
        "two framings", 400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ]
  }

  @Test(
    "what is no request is answered with its status and a problem that says why, and the connection closes",
    arguments: Malformed.all)
  func malformed(_ malformed: Malformed) async throws {
    try await withServer(echo) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send(malformed.request)
      let answer = await client.takeAll()
      #expect(answer.hasPrefix("HTTP/1.1 \(malformed.status) "))
      #expect(answer.contains("application/problem+json") && answer.contains("\"detail\":\""))
      #expect(answer.contains("\r\nConnection: close\r\n"))
      while server.connectionCount > 0 { await loop.yield() }
      let other = try await RawClient.connect(server.localAddress, loop)
      other.send("GET /well HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await other.take(endingWith: "GET /well !").hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test("a body over the handler's limit is refused, by its length or as it comes, and its client reads the answer")
  func tooLarge() async throws {
    try await withServer(echo) { server, loop in
      let announced = try await RawClient.connect(server.localAddress, loop)
      announced.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
      #expect(await announced.take(endingWith: "}").hasPrefix("HTTP/1.1 413 "))
      let streamed = try await RawClient.connect(server.localAddress, loop)
      streamed.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<100 { streamed.send("4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n") }
      let answer = await streamed.takeAll()
      #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("100000 bytes"))
    }
  }

  @Test("a body cut short is an error for its handler and harms nobody else")
  func truncatedBody() async throws {
    let notes = Notes()
    let reader: @Sendable (HTTPExchange) -> Void = { exchange in
      notes.exchanges.append(exchange)
      exchange.collectBody(upTo: 1000) { result in
        if case .failure = result { notes.events.append("failed") }
        if exchange.isOpen { exchange.respond(status: 200, body: Array("well".utf8)) }
      }
    }
    try await withServer(reader) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc")
      while notes.exchanges.isEmpty { await loop.yield() }
      client.close()
      while notes.events.isEmpty || server.connectionCount > 0 { await loop.yield() }
      #expect(notes.events == ["failed"])
      let other = try await RawClient.connect(server.localAddress, loop)
      other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await other.take(endingWith: "well").hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test("a handler learns that its client left in mid-answer, and what it still writes is dropped")
  func abort() async throws {
    let notes = Notes()
    try await withServer({ exchange in
      exchange.startStream(status: 200)
      exchange.write(Array("begun".utf8))
      exchange.onAbort {
        notes.events.append(exchange.isOpen ? "open" : "gone")
        exchange.write(Array("in vain".utf8))
        exchange.finish()
      }
    }) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = await client.take(endingWith: "5\r\nbegun\r\n")
      client.reset()
      while notes.events.isEmpty || server.connectionCount > 0 { await loop.yield() }
      #expect(notes.events == ["gone"])
    }
  }

  @Test("a head that does not arrive in time is answered with 408, an idle connection is closed without a word")
  func deadlines() async throws {
    var limits = HTTPServerLimits()
    limits.headTimeout = .milliseconds(20)
    limits.bodyTimeout = .milliseconds(20)
    limits.idleTimeout = .milliseconds(50)
    try await withServer(limits: limits, echo) { server, loop in
      let slow = try await RawClient.connect(server.localAddress, loop)
      slow.send("GET / HTT")
      #expect(await slow.takeAll().hasPrefix("HTTP/1.1 408 "))
      let body = try await RawClient.connect(server.localAddress, loop)
      body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
      #expect(await body.takeAll().hasPrefix("HTTP/1.1 408 "))
      let idle = try await RawClient.connect(server.localAddress, loop)
      #expect(await idle.takeAll() == "")
    }
  }

  @Test("a head or a body that comes at a trickle is cut off, however long it goes on")
  func trickles() async throws {
    var limits = HTTPServerLimits()
    (limits.headTimeout, limits.bodyTimeout) = (.milliseconds(60), .milliseconds(60))
    try await withServer(limits: limits, echo) { server, loop in
      for beginning in ["GET / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n"] {
        let slow = try await RawClient.connect(server.localAddress, loop)
        slow.send(beginning)
        let feeding = loop.spawn {
          while (try? await loop.sleep(for: .milliseconds(2))) != nil { slow.send("x") }
        }
        #expect(await slow.takeAll().hasPrefix("HTTP/1.1 408 "))
        feeding.cancel()
      }
    }
  }

  @Test("a connection over the limit is told so, and the others live on")
  func connectionLimit() async throws {
    var limits = HTTPServerLimits()
    limits.connections = 1
    try await withServer(limits: limits, echo) { server, loop in
      let first = try await RawClient.connect(server.localAddress, loop)
      first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = await first.take(endingWith: "GET /1 !")
      let second = try await RawClient.connect(server.localAddress, loop)
      let answer = await second.takeAll()
      #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: 1\r\n"))
      first.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await first.take(endingWith: "GET /2 !").hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test("a draining server frees its port, ends idle connections and finishes what is in progress")
  func drain() async throws {
    try await withServer(echo) { server, loop in
      let idle = try await RawClient.connect(server.localAddress, loop)
      idle.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = await idle.take(endingWith: "GET /1 !")
      let busy = try await RawClient.connect(server.localAddress, loop)
      busy.send("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
      while server.connectionCount < 2 { await loop.yield() }
      for _ in 0..<10 { await loop.yield() }
      server.stopAccepting()
      #expect(await idle.takeAll() == "")
      busy.send("b")
      let answer = await busy.takeAll()
      #expect(answer.contains("\r\nConnection: close\r\n") && answer.hasSuffix("POST /2 ab!"))
    }
  }
}
