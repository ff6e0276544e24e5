import Clockwork
import HTTP
import Loop
import Testing

@testable import Net

/// What no user of the client can see: which engine ran, and how one hands over to the other.
@Suite("HTTP client engines")
struct ClientEngineTests {
  @Test(
    "both engines send the same bytes for the same request",
    arguments: [
      HTTPClientRequest("/"), HTTPClientRequest(""), HTTPClientRequest("?q=1&r=%20"),
      HTTPClientRequest("/a/b.c?x={y}|z^`\"<>[]"), HTTPClientRequest("/%2e%2e/x;y=1,2@3:4!$'()*~"),
      HTTPClientRequest("/", method: "POST"), HTTPClientRequest("/", method: "PUT", body: .bytes([1, 2, 3])),
      HTTPClientRequest("/", method: "PATCH"), HTTPClientRequest("/", method: "DELETE"),
      HTTPClientRequest("/", method: "DELETE", body: .bytes([])), HTTPClientRequest("/", method: "HEAD"),
      HTTPClientRequest("/", method: "OPTIONS"), HTTPClientRequest("/", method: "PURGE"),
      HTTPClientRequest("/", method: "GET", body: .bytes(Array("body".utf8))),
      HTTPClientRequest(
        "/", method: "POST", headers: ["Content-Type": "a/b", "X-One": "1", "x-one": "2", "X-Empty": ""],
        body: .bytes([UInt8](repeating: 65, count: 100_000))),
      HTTPClientRequest("/", headers: ["User-Agent": "mine", "Accept": "a/b", "Authorization": "Bearer x"]),
      HTTPClientRequest("/", headers: ["Cookie": "a=b; c=d", "Range": "bytes=0-9", "Referer": "http://x/"]),
      HTTPClientRequest("/", headers: ["Content-Length": "7", "Transfer-Encoding": "chunked", "X": "y"]),
      HTTPClientRequest("/", headers: ["If-None-Match": "\"é\"", "Accept-Language": "de, en;q=0.5"]),
    ], [false, true])
  func sameBytes(_ request: HTTPClientRequest, acceptsCompression: Bool) async throws {
    var seen: [Engines: [UInt8]] = [:]
    for engines in Engines.allCases {
      seen[engines] = try await bytes(of: request, acceptsCompression, engines)
    }
    #expect(seen[.both] == seen[.libcurl] && seen[.both]?.isEmpty == false)
  }

  /// What a server gets for a request by that engine, at an address that does not tell them apart.
  private func bytes(
    of request: HTTPClientRequest, _ acceptsCompression: Bool, _ engines: Engines
  ) async throws -> [UInt8] {
    let ears = Ears()
    try await withClient(engines) { loop, client in
      let listener = try ears.listen(on: loop)
      defer { listener.close() }
      var request = request
      let authority = "127.0.0.1:\(listener.localAddress.port)"
      request.url = "http://\(authority)" + request.url
      request.acceptsCompression = acceptsCompression
      _ = try await client.fetch(request)
      #expect(client.own.opened == (engines == .both ? 1 : 0))
      ears.forget(authority)
    }
    return ears.bytes
  }

  @Test("what is not plain goes to libcurl from its beginning")
  func notPlain() async throws {
    try await withClient { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in connection.send(body: "x") }
      defer { server.close() }
      var requests = ["/a/../b", "/a/./b", "/#part", "/a\\b"].map { HTTPClientRequest(server.url($0)) }
      requests.append(HTTPClientRequest("HTTP://127.0.0.1:\(server.port)/"))
      requests.append(HTTPClientRequest("http://me:secret@127.0.0.1:\(server.port)/"))
      requests.append(HTTPClientRequest("http://127.1:\(server.port)/"))
      for field in ["Host", "Connection", "TE", "Upgrade"] {
        requests.append(HTTPClientRequest(server.url(), headers: HTTPHeaders(dictionaryLiteral: (field, "x"))))
      }
      for request in requests { #expect(try await client.fetch(request).status == 200) }
      #expect(client.own.opened == 0 && server.requests.count == requests.count)
    }
  }

  @Test("an answer with cookies for a session is read by libcurl, asked for once, and the connection lives on")
  func cookies() async throws {
    try await withClient { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        let isFirst = request.header("cookie") == nil && request.target == "/login"
        connection.send(headers: isFirst ? "Set-Cookie: id=1; Path=/\r\n" : "", body: "for \(request.target)")
      }
      defer { server.close() }
      let jar = CookieJar()
      func fetch(_ path: String, _ jar: CookieJar?) async throws -> String {
        var request = HTTPClientRequest(server.url(path))
        request.cookies = jar
        return String(decoding: try await client.fetch(request).body, as: UTF8.self)
      }
      #expect(try await fetch("/login", jar) == "for /login")
      #expect(client.own.opened == 1 && client.own.open == 1 && jar.lines.count == 1)
      // Without a jar, the same connection serves.
      #expect(try await fetch("/plain", nil) == "for /plain")
      #expect(client.connectionCounts == (1, 1) && server.connections.count == 1)
      #expect(try await fetch("/mine", jar) == "for /mine")
      #expect(server.requests.map { $0.header("cookie") } == [nil, nil, "id=1"])
      // The origin is known to set cookies: the next session's first request is libcurl's at once.
      #expect(try await fetch("/login", CookieJar()) == "for /login")
      #expect(client.own.opened == 1)
    }
  }

  @Test("what is handed over goes to no connection that libcurl has kept")
  func keptConnection() async throws {
    try await withClient { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        connection.send(headers: request.target == "/login" ? "Set-Cookie: id=1\r\n" : "", body: request.target)
      }
      defer { server.close() }
      _ = try await client.fetch(HTTPClientRequest(server.url("/kept"), headers: ["Connection": "keep-alive"]))
      #expect(client.own.opened == 0 && client.connectionCounts.open == 1)
      var request = HTTPClientRequest(server.url("/login"), method: "POST", body: .bytes([1]))
      request.cookies = CookieJar()
      #expect(try await client.fetch(request).body == Array("/login".utf8))
      #expect(server.requests.map(\.target) == ["/kept", "/login"] && client.own.opened == 1)
    }
  }

  @Test("it is asked for once, though libcurl has a connection of its own to the server that idles")
  func cookiesBesideIdle() async throws {
    try await withClient { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        connection.send(headers: request.method == "POST" ? "Set-Cookie: id=1; Path=/\r\n" : "", body: "x")
      }
      defer { server.close() }
      var libcurls = HTTPClientRequest(server.url("/warm"), headers: ["TE": "trailers"])
      _ = try await client.fetch(libcurls)
      #expect(client.own.opened == 0 && client.connectionCounts.open == 1)
      // Of another shape than the one before: libcurl's handle is set up anew.
      var login = HTTPClientRequest(server.url("/login"), method: "POST")
      let jar = CookieJar()
      login.cookies = jar
      _ = try await client.fetch(login)
      #expect(client.own.opened == 1 && jar.lines.count == 1)
      // Neither is the way between the engines taken for a connection to the server afterwards.
      libcurls.method = "PATCH"
      _ = try await client.fetch(libcurls)
      #expect(server.requests.map(\.target) == ["/warm", "/login", "/warm"] && server.connections.count == 2)
    }
  }

  @Test("a redirect that sets a cookie keeps it, and the next hop sends it")
  func redirectWithCookie() async throws {
    try await withClient { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        guard request.target == "/" else { return connection.send(body: request.header("cookie") ?? "none") }
        connection.send(status: "302 Go", headers: "Location: /in\r\nSet-Cookie: id=7\r\n", body: "gone")
      }
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.cookies = CookieJar()
      #expect(try await client.fetch(request).body == Array("id=7".utf8))
      #expect(server.requests.map(\.target) == ["/", "/in"])
    }
  }

  private static let gzip: [UInt8] = [
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0,
  ]

  @Test(
    "a compressed answer in any framing and any pieces is decoded on its way, and asked for once",
    arguments: ["length", "chunked", "close"], [1, 7, 1000])
  func compression(framing: String, pieceBytes: Int) async throws {
    try await withClient { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        guard request.method != "HEAD" else {
          return connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n")
        }
        Self.send(Self.answer(framing), in: pieceBytes, on: connection, closes: framing == "close")
      }
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.acceptsCompression = true
      let response = try await client.fetch(request)
      #expect(response.body == Array("hello".utf8) && client.own.opened == 1)
      #expect(client.own.open == (framing == "close" ? 0 : 1))
      #expect(response.timing.firstByte <= response.timing.total && response.timing.connect > .zero)
      request.method = "HEAD"
      #expect(try await client.fetch(request).body.isEmpty)
      #expect(server.requests.map(\.method) == ["GET", "HEAD"])
    }
  }

  private static func answer(_ framing: String) -> [UInt8] {
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
    switch framing {
    case "length": return Array("\(head)Content-Length: \(gzip.count)\r\n\r\n".utf8) + gzip
    case "chunked":
      return Array("\(head)Transfer-Encoding: chunked\r\n\r\n19\r\n".utf8) + gzip + Array("\r\n0\r\n\r\n".utf8)
    default: return Array("\(head)\r\n".utf8) + gzip
    }
  }

  private static func send(_ bytes: [UInt8], in pieceBytes: Int, on connection: ScriptedConnection, closes: Bool) {
    var rest = bytes[...]
    func sendNext() {
      connection.tcp.write(Array(rest.prefix(pieceBytes)))
      rest = rest.dropFirst(pieceBytes)
      if rest.isEmpty {
        if closes { connection.tcp.closeAfterFlush() }
      } else {
        connection.tcp.loop.execute(Later(sendNext).run)
      }
    }
    sendNext()
  }

  /// Guarded by: the loop's thread, which makes and runs it.
  private final class Later: @unchecked Sendable {
    private let work: () -> Void
    init(_ work: @escaping () -> Void) { self.work = work }
    @Sendable func run() { work() }
  }

  @Test("an answer that libcurl reads on is bounded like any other, and its connection closed with it")
  func relayedLimit() async throws {
    try await withClient { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n")
        connection.tcp.write([UInt8](repeating: 1, count: 32 << 20))
      }
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.cookies = CookieJar()
      request.maxBodyBytes = 1000
      #expect(try await failure(of: request, on: client).code == .tooLarge)
      try await eventually(loop, "the server sees the close") { server.connections[0].peerHasClosed }
      #expect(client.own.opened == 1 && client.connectionCounts.open == 0)
    }
  }

  @Test("who waits for an answer that libcurl reads on is told when it breaks off, stands still, or is cancelled")
  func relayedEnds() async throws {
    for path in ["/broken", "/stuck", "/cancelled"] {
      try await withClient { loop, client in
        let server = try ScriptedServer(loop) { connection, request in
          connection.send("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 5\r\n\r\nab")
          if request.target == "/broken" { connection.tcp.closeAfterFlush() }
        }
        defer { server.close() }
        var request = HTTPClientRequest(server.url(path), method: "POST", body: .bytes([1]))
        request.cookies = CookieJar()
        if path == "/stuck" { request.idleTimeout = .milliseconds(50) }
        var (received, result): (Int, Result<HTTPClientTiming, HTTPClientError>?) = (0, nil)
        let transfer = client.start(request, onBody: { received += $0.count }, onEnd: { result = $0 })
        try await eventually(loop, "the first bytes have come") { received == 2 }
        if path == "/cancelled" { transfer.cancel() }
        try await eventually(loop, "the end has come") { result != nil }
        guard case .failure(let error) = result else { return #expect(Bool(false), "it must fail") }
        let expected: [String: HTTPClientError.Code] = [
          "/broken": .closed, "/stuck": .timeout, "/cancelled": .cancelled,
        ]
        #expect(error.code == expected[path] && !error.surelyNoEffect, "\(error)")
        try await eventually(loop, "nothing stays open") { client.connectionCounts.open == 0 }
        #expect(client.own.opened == 1)
      }
    }
  }

  @Test("a request that was answered had its effect, though the process has no descriptor left to read the answer by")
  func relayWithoutDescriptors() async throws {
    try await withClient { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 1\r\n\r\n")
        if connection.requestCount == 1 { connection.send("x") }
      }
      defer { server.close() }
      _ = try await client.fetch(HTTPClientRequest(server.url("/")))
      var request = HTTPClientRequest(server.url("/order"), method: "POST")
      request.cookies = CookieJar()
      // One is left: for the relay to listen on, and none to dial it with.
      let error = try await Descriptors.withRoom(for: 1) { try await failure(of: request, on: client) }
      #expect(error.code == .closed && !error.surelyNoEffect, "\(error)")
      #expect(error.message.contains("too many open files"))
    }
  }

  @Test("with no descriptor left, connections that nobody uses are closed for one that is needed")
  func descriptorsUsedUp() async throws {
    try await withClient { loop, client in
      var held: [ScriptedConnection] = []
      let server = try ScriptedServer(loop) { connection, request in
        if request.target == "/held" { held.append(connection) } else { connection.send(body: "x") }
      }
      let other = try ScriptedServer(loop) { connection, _ in connection.send(body: "y") }
      defer {
        server.close()
        other.close()
      }
      var ends = 0
      for _ in 0..<8 {
        client.start(HTTPClientRequest(server.url("/held")), onBody: { _ in }, onEnd: { _ in ends += 1 })
      }
      try await eventually(loop, "eight connections are open") { held.count == 8 }
      for connection in held { connection.send(body: "x") }
      try await eventually(loop, "nobody uses them") { ends == 8 }
      let answer = try await Descriptors.withRoom(for: 0) { try await client.fetch(HTTPClientRequest(other.url("/"))) }
      #expect(answer.body == Array("y".utf8))
      #expect(client.own.opened == 9 && client.own.open < 9)
    }
  }

  @Test("a large answer that libcurl reads on is slowed down by a paused reader, and comes whole")
  func relayedBackPressure() async throws {
    try await withClient { loop, client in
      let size = 24 << 20
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: \(size)\r\n\r\n")
        connection.tcp.write([UInt8](repeating: 9, count: size))
      }
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.cookies = CookieJar()
      var (received, result): (Int, Result<HTTPClientTiming, HTTPClientError>?) = (0, nil)
      var transfer: HTTPTransfer!
      transfer = client.start(
        request,
        onBody: {
          if received == 0 { transfer.pause() }
          received += $0.count
        }, onEnd: { result = $0 })
      try await eventually(loop, "the first piece has come") { received > 0 }
      let queued = { server.connections[0].tcp.queuedBytes }
      var last = -1
      try await eventually(loop, "the server is stuck") {
        defer { last = queued() }
        return queued() == last
      }
      // What lies between: the kernel's buffers and the relay's own bound.
      #expect(queued() > size / 2)
      transfer.resume()
      try await eventually(loop, "the rest has come") { result != nil }
      #expect(received == size && client.own.opened == 1)
    }
  }

  @Test("connections beyond the limit are closed, the longest unused first")
  func limit() async throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxConnections = 4
    try await withClient(.both, configuration) { loop, client in
      let servers = try (0..<8).map { _ in try ScriptedServer(loop) { connection, _ in connection.send(body: "x") } }
      defer { for server in servers { server.close() } }
      for server in servers { _ = try await client.fetch(HTTPClientRequest(server.url())) }
      #expect(client.own.open <= 4 && client.own.opened == 8)
      try await eventually(loop, "the first one sees the close") { servers[0].openConnections == 0 }
      #expect(servers[7].openConnections == 1)
    }
  }
}

extension HTTPClientRequest: CustomTestStringConvertible {
  public var testDescription: String { "\(method) \(url.prefix(40)) with \(headers.count) fields" }
}

/// Keeps every byte of the first request and answers it. Guarded by: the loop's thread, until its client is closed.
private final class Ears: TCPConnectionDelegate, @unchecked Sendable {
  private(set) var bytes: [UInt8] = []
  private var connections: [TCPConnection] = []

  func listen(on loop: EventLoop) throws -> TCPListener {
    try TCPListener(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!) { [self] in
      connections.append($0)
      $0.delegate = self
      $0.startReading()
    }
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { self.bytes += $0 }
    guard let end = self.bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
    let head = String(decoding: self.bytes[..<end.lowerBound], as: UTF8.self)
    let field = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length: ") }
    let length = field.flatMap { Int($0.dropFirst(16)) } ?? 0
    guard self.bytes.count - end.upperBound >= length else { return }
    connection.write(Array("HTTP/1.1 204 OK\r\n\r\n".utf8))
  }

  /// Takes out what differs from server to server.
  func forget(_ authority: String) {
    guard let place = bytes.firstRange(of: Array(authority.utf8)) else { return }
    bytes.replaceSubrange(place, with: Array("here".utf8))
  }

  func connectionDrained(_ connection: TCPConnection) {}
  func connection(_ connection: TCPConnection, endedWith error: LoopError?) { connection.close() }
}
