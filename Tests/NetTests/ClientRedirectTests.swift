import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client redirects")
struct ClientRedirectTests {
  @Test(
    "redirects are followed, relative ones too, and nobody sees their heads and bodies", arguments: Engines.allCases)
  func followed(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        switch request.target {
        case "/a": connection.send(status: "302 Found", headers: "Location: b/c?d\r\n", body: "not shown")
        case "/b/c?d": connection.send(status: "308 Moved", headers: "Location: //127.0.0.1:\(connection.port)/end\r\n")
        default: connection.send(body: "end")
        }
      }
      defer { server.close() }
      var (heads, body): ([Int], [UInt8]) = ([], [])
      var result: Result<HTTPClientTiming, HTTPClientError>?
      client.start(
        HTTPClientRequest(server.url("/a")), onHead: { heads.append($0.status) }, onBody: { body += $0 },
        onEnd: { result = $0 })
      try await eventually(loop, "the end has come") { result != nil }
      #expect(heads == [200] && body == Array("end".utf8))
      #expect(server.requests.map(\.target) == ["/a", "/b/c?d", "/end"])
      #expect(server.connections.count == 1)
      let response = try await client.fetch(HTTPClientRequest(server.url("/a")))
      #expect(response.url == server.url("/end"))
    }
  }

  @Test("a redirect loop ends with an error that says how many were followed", arguments: Engines.allCases)
  func endless(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(status: "301 Moved", headers: "Location: /again\r\n")
      }
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.maxRedirects = 4
      let error = try await failure(of: request, on: client)
      #expect(error.code == .tooManyRedirects)
      #expect(error.message.hasSuffix("more than 4 redirects"))
      #expect(server.requests.count == 5)
    }
  }

  @Test("not followed, a redirect is an answer", arguments: Engines.allCases)
  func notFollowed(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        let location = request.target == "/none" ? "" : "Location: /x\r\n"
        connection.send(status: "302 Found", headers: location, body: "shown")
      }
      defer { server.close() }
      #expect(try await client.fetch(HTTPClientRequest(server.url("/none"))).body == Array("shown".utf8))
      var request = HTTPClientRequest(server.url("/a"))
      request.followsRedirects = false
      let response = try await client.fetch(request)
      #expect(response.status == 302 && response.headers["Location"] == "/x")
      #expect(response.body == Array("shown".utf8))
    }
  }

  @Test(
    "the method and the body change as RFC 9110 says",
    arguments: [
      (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST"),
      (301, "PUT", "PUT"), (303, "PUT", "GET"), (307, "PUT", "PUT"), (303, "HEAD", "HEAD"),
    ], Engines.allCases)
  func methods(redirect: (status: Int, before: String, after: String), engines: Engines) async throws {
    let (status, before, after) = redirect
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        guard request.target == "/a" else { return connection.send("HTTP/1.1 204 Done\r\n\r\n") }
        connection.send(status: "\(status) Go", headers: "Location: /b\r\n")
      }
      defer { server.close() }
      let body: HTTPClientRequest.Body = before == "HEAD" ? .none : .bytes(Array("data".utf8))
      let headers: HTTPHeaders = ["Content-Type": "text/plain", "X-Kept": "1"]
      let request = HTTPClientRequest(server.url("/a"), method: before, headers: headers, body: body)
      #expect(try await client.fetch(request).status == 204)
      let last = try #require(server.requests.last)
      #expect(last.method == after && last.header("x-kept") == "1")
      let keepsBody = before == after && before != "HEAD"
      #expect(last.body == (keepsBody ? Array("data".utf8) : []))
      #expect((last.header("content-type") != nil) == (before == after))
    }
  }

  @Test(
    "secrets go to no other server; what points at something else than the web is refused", arguments: Engines.allCases)
  func otherServer(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let other = try ScriptedServer(loop) { connection, _ in connection.send(body: "other") }
      defer { other.close() }
      let server = try ScriptedServer(loop) { connection, request in
        switch request.target {
        case "/file": connection.send(status: "302 Found", headers: "Location: file:///etc/passwd\r\n")
        case "/same": connection.send(status: "302 Found", headers: "Location: /x\r\n")
        case "/other": connection.send(status: "302 Found", headers: "Location: \(other.url())\r\n")
        default: connection.send(body: "same")
        }
      }
      defer { server.close() }
      let headers: HTTPHeaders = ["Authorization": "Bearer secret", "Cookie": "id=1", "X-Plain": "1"]
      _ = try await client.fetch(HTTPClientRequest(server.url("/other"), headers: headers))
      let seen = try #require(other.requests.first)
      #expect(seen.header("authorization") == nil && seen.header("cookie") == nil && seen.header("x-plain") == "1")
      _ = try await client.fetch(HTTPClientRequest(server.url("/same"), headers: headers))
      #expect(server.requests.last?.header("authorization") == "Bearer secret")
      let error = try await failure(of: HTTPClientRequest(server.url("/file")), on: client)
      #expect(error.code == .badURL && !error.surelyNoEffect)
    }
  }
}

extension ScriptedConnection {
  fileprivate var port: UInt16 { tcp.localAddress?.port ?? 0 }
}
