import Clockwork
import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client failures")
struct ClientFailureTests {
  @Test("a refused connection says so, names the host, and surely had no effect", arguments: Engines.allCases)
  func refused(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop)
      let (url, port) = (server.url(), server.port)
      server.close()
      let error = try await failure(of: HTTPClientRequest(url, method: "POST"), on: client)
      #expect(error.code == .connect)
      #expect(error.host == "127.0.0.1:\(port)")
      #expect(error.message == "127.0.0.1:\(port): connect: connection refused")
      #expect(error.surelyNoEffect)
    }
  }

  @Test("a name that does not exist is a dns failure that names it")
  func unknownName() async throws {
    try await withClient { _, client in
      let error = try await failure(of: HTTPClientRequest("http://nosuchhost.invalid/"), on: client)
      #expect(error.code == .dns)
      #expect(error.message.hasPrefix("nosuchhost.invalid:80: resolve nosuchhost.invalid: "))
      #expect(error.surelyNoEffect)
    }
  }

  @Test(
    "what is no URL to dial is refused before anything is sent",
    arguments: [
      "", "nonsense", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://?x", "http://127.0.0.1:99999/",
      "http://[::1/", "http://a b/", "http://127.0.0.1/\u{1}", "http://127.0.0.1/a\0b",
    ])
  func badURL(url: String) async throws {
    try await withClient { _, client in
      let error = try await failure(of: HTTPClientRequest(url), on: client)
      #expect(error.code == .badURL, "\(error)")
      #expect(error.surelyNoEffect)
    }
  }

  @Test("a password in a URL stays out of the error")
  func passwordIsHidden() async throws {
    try await withClient { _, client in
      let error = try await failure(of: HTTPClientRequest("ftp://me:secret@127.0.0.1/?token=secret"), on: client)
      #expect(!error.message.contains("secret"))
    }
  }

  @Test("a method that is no token and a HEAD with a body are refused")
  func badRequest() async throws {
    try await withClient { _, client in
      for method in ["", "GET /x HTTP/1.1\r\nX: y", "GE T"] {
        let error = try await failure(of: HTTPClientRequest("http://127.0.0.1:1/", method: method), on: client)
        #expect(error.code == .badRequest)
      }
      let head = HTTPClientRequest("http://127.0.0.1:1/", method: "HEAD", body: .bytes([1]))
      #expect(try await failure(of: head, on: client).code == .badRequest)
    }
  }

  @Test(
    "an answer that breaks off is closed, whatever was missing",
    arguments: [
      "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    ], Engines.allCases)
  func brokenOff(answer: String, engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(answer)
        connection.tcp.closeAfterFlush()
      }
      defer { server.close() }
      let error = try await failure(of: HTTPClientRequest(server.url()), on: client)
      #expect(error.code == .closed, "\(error)")
      #expect(!error.surelyNoEffect)
      #expect(error.message.hasPrefix("127.0.0.1:\(server.port): "))
    }
  }

  @Test(
    "what is not HTTP is a protocol error",
    arguments: [
      "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
      "HTTP/1.1 2x0 OK\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n",
    ], Engines.allCases)
  func notHTTP(answer: String, engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(answer)
        connection.tcp.closeAfterFlush()
      }
      defer { server.close() }
      #expect(try await failure(of: HTTPClientRequest(server.url()), on: client).code == .protocolError)
    }
  }

  @Test("a head without end is broken off", arguments: Engines.allCases)
  func endlessHead(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(
          "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Fill: \(String(repeating: "y", count: 90))\r\n", count: 4000))
      }
      defer { server.close() }
      #expect(try await failure(of: HTTPClientRequest(server.url()), on: client).code == .tooLarge)
    }
  }

  @Test(
    "a body over the limit ends the transfer, announced or not, and the connection with it", arguments: Engines.allCases
  )
  func tooLarge(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        if request.target == "/announced" {
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
        } else {
          connection.send("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 5000))
        }
      }
      defer { server.close() }
      for (index, path) in ["/announced", "/endless"].enumerated() {
        var request = HTTPClientRequest(server.url(path))
        request.maxBodyBytes = 1000
        let error = try await failure(of: request, on: client)
        #expect(error.code == .tooLarge)
        #expect(error.message.contains("1000 bytes"))
        try await eventually(loop, "the server sees the close") { server.connections[index].peerHasClosed }
      }
    }
  }

  @Test("a body of exactly the limit is no error", arguments: Engines.allCases)
  func exactlyLarge(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(body: String(repeating: "x", count: 1000))
      }
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.maxBodyBytes = 1000
      #expect(try await client.fetch(request).body.count == 1000)
    }
  }

  @Test(
    "a request that may not repeat is not sent twice when its kept-alive connection dies; one that may is",
    arguments: Engines.allCases)
  func notSentTwice(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        // The first request of a connection is answered, the second one kills it.
        if connection.requestCount == 1 { connection.send(body: "x") } else { connection.tcp.close() }
      }
      defer { server.close() }
      _ = try await client.fetch(HTTPClientRequest(server.url()))
      let error = try await failure(of: HTTPClientRequest(server.url("/order"), method: "POST"), on: client)
      #expect(error.code == .closed)
      #expect(error.message.contains("POST is not sent twice"))
      #expect(!error.surelyNoEffect)
      #expect(server.requests.count { $0.target == "/order" } == 1)
      _ = try await client.fetch(HTTPClientRequest(server.url()))
      #expect(try await client.fetch(HTTPClientRequest(server.url("/safe"))).status == 200)
      #expect(server.requests.count { $0.target == "/safe" } == 2)
    }
  }

  @Test(
    "a request whose kept-alive connection dies may have had an effect, though no other connection can be made",
    arguments: Engines.allCases, ["POST", "PUT", "DELETE"])
  func diesForGood(engines: Engines, method: String) async throws {
    try await withClient(engines) { loop, client in
      var server: ScriptedServer?
      server = try ScriptedServer(loop) { connection, _ in
        // The first request is answered, the second one is the server's last.
        if connection.requestCount == 1 { connection.send(body: "x") } else { server?.close() }
      }
      let url = try #require(server).url("/order")
      _ = try await client.fetch(HTTPClientRequest(url))
      let error = try await failure(of: HTTPClientRequest(url, method: method), on: client)
      #expect(!error.surelyNoEffect && error.code == (method == "POST" ? .closed : .connect), "\(error)")
      #expect(server?.requests.count == 2)
      // Now nothing can have been sent.
      let refused = try await failure(of: HTTPClientRequest(url, method: method), on: client)
      #expect(refused.code == .connect && refused.surelyNoEffect)
    }
  }

  @Test("an upload that ends before its announced length breaks the request off", arguments: Engines.allCases)
  func shortUpload(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop)
      defer { server.close() }
      let upload = HTTPUpload(byteCount: 10)
      upload.write([1, 2, 3])
      upload.finish()
      let request = HTTPClientRequest(server.url(), method: "PUT", body: .upload(upload))
      let error = try await failure(of: request, on: client)
      #expect(error.code == .badRequest && error.message.hasSuffix("the upload ended after 3 of 10 bytes"))
    }
  }
}
