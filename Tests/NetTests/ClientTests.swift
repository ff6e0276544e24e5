import Clockwork
import Glibc
import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client")
struct ClientTests {
  @Test("an answer comes whole: status, version, headers in order, body, timing", arguments: Engines.allCases)
  func wholeAnswer(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 404 Nope\r\nX-A: 1\r\nset-cookie: a=b\r\nX-A:  2 \r\nContent-Length: 4\r\n\r\nbody")
      }
      defer { server.close() }
      let response = try await client.fetch(HTTPClientRequest(server.url("/x?y=z"), headers: ["X-Mine": "yes"]))
      #expect(response.status == 404)
      #expect(response.httpVersion == "1.1")
      #expect(response.headers.values("x-a") == ["1", "2"])
      #expect(response.body == Array("body".utf8))
      #expect(response.url == server.url("/x?y=z"))
      #expect(response.timing.total >= response.timing.firstByte)
      #expect(response.timing.firstByte > .zero && response.timing.tls == .zero)
      let request = try #require(server.requests.first)
      #expect(request.target == "/x?y=z")
      #expect(request.header("x-mine") == "yes")
      #expect(request.header("user-agent") == "ignareo")
    }
  }

  @Test("one kept-alive connection serves requests that follow each other", arguments: Engines.allCases)
  func keptAlive(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in connection.send(body: request.target) }
      defer { server.close() }
      for index in 0..<20 {
        #expect(try await client.fetch(HTTPClientRequest(server.url("/\(index)"))).body == Array("/\(index)".utf8))
      }
      #expect(client.connectionCounts == (1, 1))
      #expect(server.connections.count == 1)
    }
  }

  @Test(
    "a kept-alive connection that the server has closed is replaced, and costs no wake-ups meanwhile",
    arguments: Engines.allCases)
  func staleConnection(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(body: "x")
        connection.tcp.closeAfterFlush()
      }
      defer { server.close() }
      for _ in 0..<3 {
        #expect(try await client.fetch(HTTPClientRequest(server.url())).status == 200)
        try await loop.sleep(for: .milliseconds(20))
      }
      #expect(server.connections.count == 3)
    }
  }

  @Test("every method is sent as it is, with a length where a body may be", arguments: Engines.allCases)
  func methods(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        connection.send(request.method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : "")
        if request.method != "HEAD" { connection.send(body: request.method) }
      }
      defer { server.close() }
      for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "GET"] {
        let response = try await client.fetch(HTTPClientRequest(server.url(), method: method))
        #expect(response.body == (method == "HEAD" ? [] : Array(method.utf8)))
        let request = try #require(server.requests.last)
        #expect(request.method == method)
        #expect(request.header("content-length") == (["POST", "PUT", "PATCH"].contains(method) ? "0" : nil))
      }
      #expect(server.connections.count == 1)
    }
  }

  @Test(
    "bodies of every size arrive as they were, without libcurl's own headers", arguments: [0, 1, 65_536, 300_000],
    Engines.allCases)
  func bodies(size: Int, engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in connection.send(body: "\(request.body.count)") }
      defer { server.close() }
      let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      for method in ["POST", "PUT", "GET"] {
        let request = HTTPClientRequest(server.url(), method: method, body: .bytes(body))
        #expect(try await client.fetch(request).body == Array("\(size)".utf8))
        let seen = try #require(server.requests.last)
        #expect(seen.body == body && seen.method == method)
        #expect(seen.header("content-type") == nil && seen.header("expect") == nil)
      }
    }
  }

  @Test(
    "a body that is still being made is sent in pieces, and the writer hears when there is room again",
    arguments: Engines.allCases)
  func upload(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in connection.send(body: "\(request.body.count)") }
      defer { server.close() }
      let upload = HTTPUpload()
      var drained = 0
      upload.onDrain = {
        drained += 1
        upload.finish()
      }
      var request = HTTPClientRequest(server.url(), method: "POST", body: .upload(upload))
      request.timeout = .seconds(10)
      var answer: [UInt8] = []
      var result: Result<HTTPClientTiming, HTTPClientError>?
      client.start(request, onBody: { answer += $0 }, onEnd: { result = $0 })
      try await eventually(loop, "the head is sent before the body is there") {
        server.connections.first?.awaited != nil
      }
      upload.write([UInt8](repeating: 7, count: 10))
      try await eventually(loop, "the first piece has come") { server.connections.first?.bytes.isEmpty == false }
      #expect(!upload.isCongested)
      upload.write([UInt8](repeating: 8, count: 1_000_000))
      #expect(upload.isCongested)
      try await eventually(loop, "the answer has come") { result != nil }
      #expect(throws: Never.self) { try result!.get() }
      #expect(drained == 1)
      #expect(answer == Array("1000010".utf8))
    }
  }

  @Test("a session's requests share their cookies, and other requests see none of them", arguments: Engines.allCases)
  func cookies(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(headers: "Set-Cookie: id=42; Path=/\r\n")
      }
      defer { server.close() }
      let jar = CookieJar()
      var request = HTTPClientRequest(server.url())
      request.cookies = jar
      for _ in 0..<2 { _ = try await client.fetch(request) }
      request.cookies = CookieJar()
      _ = try await client.fetch(request)
      request.cookies = nil
      _ = try await client.fetch(request)
      #expect(server.requests.map { $0.header("cookie") } == [nil, "id=42", nil, nil])
      let lines = jar.lines
      #expect(lines.count == 1 && lines[0].hasSuffix("id\t42"))
      jar.removeAll()
      #expect(jar.lines.isEmpty)
      jar.add(lines[0])
      #expect(jar.lines == lines)
    }
  }

  @Test(
    "a compressed answer is decoded when the request asks for it, and left alone when not",
    arguments: ["gzip", "deflate", "br", "zstd"], Engines.allCases)
  func compression(coding: String, engines: Engines) async throws {
    let compressed: [String: [UInt8]] = [
      "gzip": [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0,
      ],
      "deflate": [0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x06, 0x2c, 0x02, 0x15],
      "br": [0x21, 0x10, 0, 0x04, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x03],
      "zstd": [0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x05, 0x29, 0, 0, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0xa3, 0x6d, 0x9f, 0x88],
    ]
    let bytes = try #require(compressed[coding])
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(bytes.count)\r\n\r\n")
        connection.tcp.write(bytes)
      }
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.acceptsCompression = true
      #expect(try await client.fetch(request).body == Array("hello".utf8))
      request.acceptsCompression = false
      #expect(try await client.fetch(request).body == bytes)
      #expect(server.requests.map { $0.header("accept-encoding")?.contains(coding) } == [true, nil])
    }
  }

  @Test("interim answers and trailers are not taken for the answer", arguments: Engines.allCases)
  func interimAndTrailers(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n")
        connection.send("HTTP/1.1 201 Made\r\nX-Real: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send("3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n")
      }
      defer { server.close() }
      let response = try await client.fetch(HTTPClientRequest(server.url()))
      #expect(response.status == 201 && response.body == Array("abc".utf8))
      #expect(response.headers["X-Real"] == "1")
      #expect(response.headers["X-Hint"] == nil && response.headers["X-Trailer"] == nil)
    }
  }

  @Test(
    "a folded header is one value, and a control character cannot forge another header", arguments: Engines.allCases)
  func strangeHeaders(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 200 OK\r\nX-Folded: a\r\n\t b\r\nX-Odd: c\rX-Forged: d\r\nContent-Length: 0\r\n\r\n")
      }
      defer { server.close() }
      let headers = try await client.fetch(HTTPClientRequest(server.url())).headers
      #expect(headers["X-Folded"]?.split(separator: " ") == ["a", "b"])
      #expect(headers["X-Odd"] == "c X-Forged: d" && headers["X-Forged"] == nil)
    }
  }

  @Test(
    "a name is looked up once for all who ask at the same time, and its addresses reach libcurl",
    arguments: Engines.allCases)
  func nameIsLookedUp(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      // The machine's own name has an address without any name server; where it has none, there is nothing to test.
      var bytes = [CChar](repeating: 0, count: 256)
      gethostname(&bytes, 255)
      let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard let address = try? await Resolver.resolve(host: name, port: 0, on: loop).first else { return }
      let server = try ScriptedServer(loop, ip: address.ip) { connection, _ in connection.send(body: "x") }
      defer { server.close() }
      var done = 0
      for _ in 0..<10 {
        client.start(HTTPClientRequest("http://\(name):\(server.port)/"), onBody: { _ in }) {
          if case .success = $0 { done += 1 }
        }
      }
      let origin = try client.origins.destination(of: "http://\(name):\(server.port)", at: loop.now).origin
      #expect(origin.isResolving && origin.waiting.count == 10)
      try await eventually(loop, "all are answered") { done == 10 }
      guard case .known = origin.addresses else { return #expect(Bool(false), "its addresses are known") }
      #expect(server.requests.allSatisfy { $0.header("host") == "\(name):\(server.port)" })
    }
  }

  @Test("a proxy is asked for the whole URL, and a proxy that is not there is named", arguments: Engines.allCases)
  func proxy(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in connection.send(body: "from the proxy") }
      var request = HTTPClientRequest("http://nosuchhost.invalid/x")
      request.proxy = "http://127.0.0.1:\(server.port)"
      #expect(try await client.fetch(request).body == Array("from the proxy".utf8))
      #expect(server.requests.first?.target == "http://nosuchhost.invalid/x")
      server.close()
      let error = try await failure(of: request, on: client)
      #expect(error.code == .connect)
      #expect(error.host == "nosuchhost.invalid:80 through the proxy 127.0.0.1:\(server.port)")
      request.proxy = "gopher://127.0.0.1:1"
      #expect(try await failure(of: request, on: client).code == .badURL)
    }
  }

  @Test("a proxy that opens no way to the server, or closes, is named; nothing was sent", arguments: Engines.allCases)
  func refusedTunnel(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      for answer in ["HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", ""] {
        let server = try ScriptedServer(loop) { connection, _ in
          connection.send(answer)
          connection.tcp.closeAfterFlush()
        }
        defer { server.close() }
        var request = HTTPClientRequest("https://shop.invalid/orders", method: "POST", body: .bytes([1]))
        request.proxy = "http://127.0.0.1:\(server.port)"
        let error = try await failure(of: request, on: client)
        #expect(error.code == .connect && error.surelyNoEffect, "\(error)")
        #expect(error.host == "shop.invalid:443 through the proxy 127.0.0.1:\(server.port)")
        #expect(answer.isEmpty || error.message.contains("403"), "\(error)")
        #expect(!error.message.contains("refused"))
        #expect(server.requests.map(\.method) == ["CONNECT"])
      }
    }
  }

  @Test("an awaited answer costs one enqueue, and none from another thread", arguments: Engines.allCases)
  func enqueues(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in connection.send(body: "x") }
      defer { server.close() }
      let request = HTTPClientRequest(server.url())
      _ = try await client.fetch(request)
      let before = loop.enqueueCounts
      for _ in 0..<50 { _ = try await client.fetch(request) }
      let after = loop.enqueueCounts
      #expect(after.all - before.all == 50)
      #expect(after.foreign == before.foreign)
    }
  }
}
