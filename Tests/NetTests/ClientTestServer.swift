import Clockwork
import Glibc
import HTTP
import Loop
import Testing

@testable import Net

/// A server whose every answer is a script of raw bytes, so that it can break off wherever a test wants.
final class ScriptedServer: @unchecked Sendable {
  struct Request {
    let method: String
    let target: String
    /// The head as it came.
    let head: String
    let body: [UInt8]

    func header(_ name: String) -> String? {
      for line in head.split(separator: "\r\n").dropFirst() where line.lowercased().hasPrefix(name.lowercased() + ":") {
        return String(line.dropFirst(name.utf8.count + 1)).trimmed
      }
      return nil
    }
  }

  // Guarded by: the loop's thread.
  let loop: EventLoop
  private(set) var connections: [ScriptedConnection] = []
  private(set) var requests: [Request] = []
  private var listener: TCPListener!
  /// Called with each whole request; without one the server only reads.
  fileprivate let answer: (ScriptedConnection, Request) -> Void

  init(
    _ loop: EventLoop, ip: String = "127.0.0.1",
    answer: @escaping (ScriptedConnection, Request) -> Void = { _, _ in }
  ) throws {
    (self.loop, self.answer) = (loop, answer)
    listener = try TCPListener(loop: loop, address: SocketAddress(ip: ip, port: 0)!) { [unowned self] in
      connections.append(ScriptedConnection(self, $0))
    }
  }

  var port: UInt16 { listener.localAddress.port }
  func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }
  var openConnections: Int { connections.count { !$0.peerHasClosed } }

  fileprivate func received(_ request: Request, on connection: ScriptedConnection) {
    requests.append(request)
    answer(connection, request)
  }

  func close() {
    listener.close()
    for connection in connections { connection.tcp.close() }
  }
}

final class ScriptedConnection: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  let tcp: TCPConnection
  private unowned let server: ScriptedServer
  /// What has come and is no whole request yet; of the one that is awaited, the body alone.
  private(set) var bytes: [UInt8] = []
  /// A request whose body is still to come.
  private(set) var awaited: ScriptedServer.Request?
  private(set) var peerHasClosed = false
  private(set) var requestCount = 0

  fileprivate init(_ server: ScriptedServer, _ tcp: TCPConnection) {
    (self.server, self.tcp) = (server, tcp)
    tcp.delegate = self
    tcp.startReading()
  }

  func send(_ text: String) { tcp.write(Array(text.utf8)) }

  func send(status: String = "200 OK", headers: String = "", body: String = "") {
    send("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { self.bytes.append(contentsOf: $0) }
    while let request = takeRequest() {
      requestCount += 1
      server.received(request, on: self)
    }
  }

  func connectionDrained(_ connection: TCPConnection) {}

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    peerHasClosed = true
    tcp.close()
  }

  private func takeRequest() -> ScriptedServer.Request? {
    if awaited == nil, let headEnd = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
      let head = String(decoding: bytes[..<headEnd.lowerBound], as: UTF8.self)
      let words = head.split(separator: " ")
      awaited = ScriptedServer.Request(method: String(words[0]), target: String(words[1]), head: head, body: [])
      bytes.removeFirst(headEnd.upperBound)
    }
    guard let request = awaited else { return nil }
    var body: [UInt8]
    if request.header("Transfer-Encoding") == "chunked" {
      // A chunked request is the last one that these tests send on a connection.
      guard bytes.suffix(5) == ArraySlice("0\r\n\r\n".utf8) else { return nil }
      body = Self.dechunked(bytes[...])
      bytes = []
    } else {
      let length = request.header("Content-Length").flatMap { Int($0) } ?? 0
      guard bytes.count >= length else { return nil }
      body = Array(bytes.prefix(length))
      bytes.removeFirst(length)
    }
    awaited = nil
    return ScriptedServer.Request(method: request.method, target: request.target, head: request.head, body: body)
  }

  private static func dechunked(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var (rest, body) = (bytes, [UInt8]())
    while let lineEnd = rest.firstRange(of: Array("\r\n".utf8)),
      let size = Int(String(decoding: rest[..<lineEnd.lowerBound], as: UTF8.self), radix: 16)
    {
      body += rest[lineEnd.upperBound...].prefix(size)
      rest = rest[lineEnd.upperBound...].dropFirst(size + 2)
    }
    return body
  }
}

/// What every test of the client's behaviour runs against: libcurl alone, and the loop's own engine beside it.
typealias Engines = HTTPClientConfiguration.Engines

/// Runs a test on a loop of its own, with a client that is closed behind it.
func withClient(
  _ engines: Engines = .both, _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
  _ body: @escaping @Sendable (EventLoop, HTTPClient) async throws -> Void
) async throws {
  let loop = try EventLoop.start(name: "client-test")
  defer { loop.stop() }
  try await loop.spawn {
    var configuration = configuration
    configuration.engines = engines
    let client = HTTPClient(loop: loop, configuration: configuration)
    defer { client.close() }
    try await body(loop, client)
  }.value
}

/// Waits until something holds that the loop's events bring about; ten seconds are for ever here.
func eventually(
  _ loop: EventLoop, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ holds: () -> Bool
) async throws {
  let deadline = MonotonicClock.now + .seconds(10)
  while !holds() {
    try #require(MonotonicClock.now < deadline, what, sourceLocation: sourceLocation)
    try await loop.sleep(for: .milliseconds(2))
  }
}

/// The error of a request that must fail.
func failure(
  of request: HTTPClientRequest, on client: HTTPClient, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> HTTPClientError {
  do throws(HTTPClientError) {
    let response = try await client.fetch(request)
    Issue.record("got status \(response.status) instead of an error", sourceLocation: sourceLocation)
  } catch {
    return error
  }
  throw CancellationError()
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    return String(text)
  }
}
