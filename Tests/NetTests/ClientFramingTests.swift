import Clockwork
import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client framing")
struct ClientFramingTests {
  @Test(
    "an answer ends where its framing says, and the connection serves the next request where that allows it",
    arguments: [
      Framing("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", isKept: true),
      Framing(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\nT: 1\r\n\r\n", "abc",
        isKept: true),
      Framing("HTTP/1.1 200 OK\r\ncontent-length:3\r\nConnection: close\r\n\r\nabc", "abc", isKept: false),
      Framing("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", isKept: true),
      Framing("HTTP/1.1 204 None\r\nContent-Length: 9\r\n\r\n", "", status: 204, isKept: true),
      Framing("HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", "", status: 304, isKept: true),
      Framing("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", isKept: false),
      Framing("HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc", "abc", isKept: true),
      Framing("HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc", "abc", isKept: true),
      Framing("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", "abc", isKept: true),
      Framing("HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", isKept: true),
    ], Engines.allCases)
  func framings(_ framing: Framing, engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in connection.send(framing.answer) }
      defer { server.close() }
      for _ in 0..<2 {
        let response = try await client.fetch(HTTPClientRequest(server.url()))
        #expect(response.status == framing.status)
        #expect(String(decoding: response.body, as: UTF8.self) == framing.body)
      }
      #expect(server.connections.count == (framing.isKept ? 1 : 2))
    }
  }

  struct Framing: Sendable, CustomTestStringConvertible {
    let answer: String
    let body: String
    let status: Int
    let isKept: Bool

    init(_ answer: String, _ body: String, status: Int = 200, isKept: Bool) {
      (self.answer, self.body, self.status, self.isKept) = (answer, body, status, isKept)
    }

    var testDescription: String { answer.split(whereSeparator: \.isNewline).prefix(2).joined(separator: " ") }
  }

  @Test(
    "an answer whose framing two readers could take for two is refused by both engines alike",
    arguments: [
      "Content-Length: 3\r\nContent-Length: 5", "Content-Length: 5\r\nTransfer-Encoding: chunked",
      "Content-Length: +3", "Content-Length: -3", "Content-Length: abc", "Content-Length: 99999999999999999999",
      "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: gzip, chunked",
      "Transfer-Encoding: identity\r\nContent-Length: 2",
    ])
  func doubtfulFraming(fields: String) async throws {
    for engines in Engines.allCases {
      try await withClient(engines) { loop, client in
        let server = try ScriptedServer(loop) { connection, _ in
          connection.send("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        }
        defer { server.close() }
        let error = try await failure(of: HTTPClientRequest(server.url()), on: client)
        #expect(error.code == .protocolError && !error.surelyNoEffect, "\(error)")
        #expect(!error.message.contains("0.9"))
        try await eventually(loop, "its connection is closed") { client.connectionCounts.open == 0 }
      }
    }
  }

  @Test("an answer of a later version than HTTP/1.1 is refused by both engines", arguments: Engines.allCases)
  func laterVersion(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.2 200 OK\r\nContent-Length: 1\r\n\r\nx")
      }
      defer { server.close() }
      #expect(try await failure(of: HTTPClientRequest(server.url()), on: client).code == .protocolError)
    }
  }

  @Test("a body without a length ends with the connection", arguments: Engines.allCases)
  func closeDelimited(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 200 OK\r\n\r\nabc")
        loop.execute {
          connection.send("def")
          connection.tcp.closeAfterFlush()
        }
      }
      defer { server.close() }
      let response = try await client.fetch(HTTPClientRequest(server.url()))
      #expect(response.body == Array("abcdef".utf8))
    }
  }

  @Test("a HEAD's answer has no body, whatever it announces", arguments: Engines.allCases)
  func head(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      }
      defer { server.close() }
      for _ in 0..<2 {
        #expect(try await client.fetch(HTTPClientRequest(server.url(), method: "HEAD")).body.isEmpty)
      }
      #expect(server.connections.count == 1)
    }
  }

  @Test("what comes behind an answer is no one's, and costs the connection", arguments: Engines.allCases)
  func unasked(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
      }
      defer { server.close() }
      for _ in 0..<3 { #expect(try await client.fetch(HTTPClientRequest(server.url())).body == Array("x".utf8)) }
      #expect(server.connections.count == 3)
    }
  }

  @Test("interim answers without end are broken off", arguments: Engines.allCases)
  func endlessInterim(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        let interim = "HTTP/1.1 103 Hint\r\nLink: \(String(repeating: "x", count: 1000))\r\n\r\n"
        connection.send(String(repeating: interim, count: 400))
      }
      defer { server.close() }
      #expect(try await failure(of: HTTPClientRequest(server.url()), on: client).code == .tooLarge)
    }
  }

  @Test("a server that answers before it has the whole body is heard", arguments: Engines.allCases)
  func earlyAnswer(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try EarlyServer(loop)
      defer { server.close() }
      let body = [UInt8](repeating: 7, count: 8 << 20)
      for _ in 0..<2 {
        let request = HTTPClientRequest(server.url, method: "PUT", body: .bytes(body))
        let response = try await client.fetch(request)
        #expect(response.status == 413 && response.body == Array("too much".utf8))
      }
      #expect(server.connectionCount == 2)
    }
  }

  @Test("paused, an answer whose server has gone away is still read to its end", arguments: Engines.allCases)
  func pausedPastTheEnd(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(body: String(repeating: "x", count: 300_000))
        connection.tcp.closeAfterFlush()
      }
      defer { server.close() }
      var received = 0
      var result: Result<HTTPClientTiming, HTTPClientError>?
      let transfer = client.start(
        HTTPClientRequest(server.url()), onBody: { received += $0.count }, onEnd: { result = $0 })
      transfer.pause()
      try await eventually(loop, "all is sent") { server.connections.first?.tcp.queuedBytes == 0 }
      try await loop.sleep(for: .milliseconds(20))
      #expect(received == 0 && result == nil)
      transfer.resume()
      try await eventually(loop, "the end has come") { result != nil }
      #expect(throws: Never.self) { try result!.get() }
      #expect(received == 300_000)
    }
  }

  @Test("localhost is dialled by both of its addresses", arguments: Engines.allCases)
  func localhost(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in connection.send(body: request.header("host") ?? "")
      }
      defer { server.close() }
      let response = try await client.fetch(HTTPClientRequest("http://localhost:\(server.port)/"))
      #expect(response.body == Array("localhost:\(server.port)".utf8))
    }
  }

  @Test(
    "the stages of an answer come in their order, and a kept-alive connection costs none", arguments: Engines.allCases)
  func timing(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        loop.schedule(after: .milliseconds(2)) { connection.send(body: "x") }
      }
      defer { server.close() }
      let first = try await client.fetch(HTTPClientRequest(server.url())).timing
      #expect(first.dns <= first.connect && first.connect < first.firstByte && first.firstByte <= first.total)
      #expect(first.connect > .zero && first.tls == .zero)
      let second = try await client.fetch(HTTPClientRequest(server.url())).timing
      #expect(second.firstByte >= .milliseconds(2) && second.connect < second.firstByte)
    }
  }
}

/// Answers as soon as a request's first bytes are there, reads no more, and closes.
private final class EarlyServer: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private var listener: TCPListener!
  private var connections: [TCPConnection] = []

  init(_ loop: EventLoop) throws {
    listener = try TCPListener(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!) { [unowned self] in
      connections.append($0)
      $0.delegate = self
      $0.startReading()
    }
  }

  var url: String { "http://127.0.0.1:\(listener.localAddress.port)/" }
  var connectionCount: Int { connections.count }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    connection.write(Array("HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo much".utf8))
    connection.closeAfterFlush()
  }

  func connectionDrained(_ connection: TCPConnection) {}
  func connection(_ connection: TCPConnection, endedWith error: LoopError?) { connection.close() }

  func close() {
    listener.close()
    for connection in connections { connection.close() }
  }
}
