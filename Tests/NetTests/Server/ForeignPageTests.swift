import HTTP
import Loop
import Net
import Testing

@Suite("Requests of web pages", .timeLimit(.minutes(1))) struct ForeignPageTests {
  /// One request with an untyped body, as a page's `fetch(url, {mode: "no-cors", body: new Blob([…])})` sends it.
  private func request(_ method: String, origin: String?) -> String {
    "\(method) /x HTTP/1.1\r\nHost: node.example:55568\r\n" + (origin.map { "Origin: \($0)\r\n" } ?? "")
      + "Content-Length: 2\r\n\r\nok"
  }

  @Test(
    "a page of another host or port can change nothing: it is told why with 403, and no handler hears of it",
    arguments: ["POST", "PUT", "PATCH", "DELETE", "ODD"],
    ["http://evil.example", "http://node.example", "http://node.example:55569", "null"])
  func foreign(_ method: String, _ origin: String) async throws {
    let notes = Notes()
    let handler: @Sendable (HTTPExchange) -> Void = { notes.events.append($0.request.method) }
    try await withServer(names: ["Node.Example"], handler) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send(request(method, origin: origin))
      let answer = await client.take(endingWith: "}")
      #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
      #expect(answer.contains("\r\nContent-Type: application/problem+json\r\n"))
      #expect(answer.contains(#""type":"urn:ignareo:problem:foreign_origin""#))
      #expect(answer.contains(origin) && answer.contains("node.example:55568"))
      #expect(notes.events == [])
    }
  }

  @Test("a page of the server's own and a program may, and a foreign page may look at what it could not read anyway")
  func others() async throws {
    try await withServer(names: ["Node.Example"], echo) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      for method in ["POST", "PUT", "DELETE"] {
        for origin in [nil, "http://node.example:55568"] {
          client.send(request(method, origin: origin))
          #expect(await client.take(endingWith: "ok!").hasPrefix("HTTP/1.1 200"))
        }
      }
      client.send("GET /x HTTP/1.1\r\nHost: node.example:55568\r\nOrigin: http://evil.example\r\n\r\n")
      #expect(await client.take(endingWith: "GET /x !").hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test("behind a refusal its connection goes on with the next request")
  func connectionGoesOn() async throws {
    try await withServer(names: ["Node.Example"], echo) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send(request("POST", origin: "null") + request("POST", origin: nil))
      let answers = await client.take(endingWith: "POST /x ok!")
      #expect(answers.hasPrefix("HTTP/1.1 403") && answers.contains("}HTTP/1.1 200 OK"))
    }
  }

  @Test("a name that was made to point here after its page was loaded changes nothing and opens no socket")
  func rebound() async throws {
    let notes = Notes()
    let handler: @Sendable (HTTPExchange) -> Void = { notes.exchanges.append($0) }
    try await withServer(names: ["node.example"], handler) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      let fields = "Host: evil.example:55568\r\nOrigin: http://evil.example:55568\r\n"
      client.send("POST /x HTTP/1.1\r\n\(fields)Content-Length: 2\r\n\r\nok")
      let answer = await client.take(endingWith: "}")
      #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n") && answer.contains("--advertise evil.example"))
      #expect(notes.exchanges.isEmpty)
    }
    let echoes = WebSocketEchoes()
    try await withServer(names: ["node.example"], { echoes.open($0) }) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      let handshake = String(decoding: WebSocketClient.handshake, as: UTF8.self)
      let page = "evil.example:55568"
      client.send(handshake.replacing("Host: a", with: "Host: \(page)\r\nOrigin: http://\(page)"))
      #expect(await client.take(endingWith: "}").hasPrefix("HTTP/1.1 403 "))
      #expect(echoes.all.isEmpty)
    }
  }
}
