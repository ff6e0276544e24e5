import Clockwork
import Glibc
import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client time-outs")
struct ClientTimeoutTests {
  @Test("a server that does not answer costs the whole timeout, and sees the close", arguments: Engines.allCases)
  func whole(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop)
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.timeout = .milliseconds(60)
      let start = MonotonicClock.now
      let error = try await failure(of: request, on: client)
      #expect(error.code == .timeout && !error.surelyNoEffect)
      #expect(
        error.message == "127.0.0.1:\(server.port): not done within 0.06 s: the request is sent, no answer has come")
      #expect(MonotonicClock.now - start >= .milliseconds(60))
      try await eventually(loop, "the server sees the close") { server.connections[0].peerHasClosed }
    }
  }

  @Test(
    "silence ends a stream by the idle timeout; a trickle keeps it alive longer than that", arguments: Engines.allCases)
  func idle(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        connection.send("HTTP/1.1 200 OK\r\n\r\n")
        guard request.target == "/trickle" else { return }
        for index in 1...60 { loop.schedule(after: .milliseconds(20 * index)) { connection.send("x") } }
        loop.schedule(after: .milliseconds(1210)) { connection.tcp.closeAfterFlush() }
      }
      defer { server.close() }
      var request = HTTPClientRequest(server.url("/trickle"))
      request.timeout = nil
      // So many times the pause between two bytes, since the machine may be busy.
      request.idleTimeout = .seconds(1)
      #expect(try await client.fetch(request).body.count == 60)
      request.url = server.url("/silent")
      let error = try await failure(of: request, on: client)
      #expect(error.code == .timeout)
      #expect(error.message.contains("nothing came for 1.0 s: status 200 and 0 bytes of the body have come"))
    }
  }

  @Test("a paused stream is not silent", arguments: Engines.allCases)
  func pausedIsNotIdle(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in connection.send(body: "abc") }
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.idleTimeout = .milliseconds(30)
      var result: Result<HTTPClientTiming, HTTPClientError>?
      var body: [UInt8] = []
      let transfer = client.start(request, onBody: { body += $0 }, onEnd: { result = $0 })
      transfer.pause()
      try await loop.sleep(for: .milliseconds(120))
      #expect(result == nil && body.isEmpty)
      transfer.resume()
      try await eventually(loop, "it goes on") { result != nil }
      #expect(body == Array("abc".utf8))
    }
  }

  @Test(
    "a transfer that is resumed after its end stays ended, and no idle timer outlives it", arguments: Engines.allCases)
  func resumedAfterTheEnd(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop)
      defer { server.close() }
      var request = HTTPClientRequest(server.url())
      request.idleTimeout = .milliseconds(20)
      var ends = 0
      do {
        let transfer = client.start(request, onBody: { _ in }, onEnd: { _ in ends += 1 })
        transfer.pause()
        transfer.cancel()
        transfer.resume()
        #expect(transfer.idleTimer == nil)
      }
      // Another request runs out of the same time behind it.
      #expect(try await failure(of: request, on: client).code == .timeout)
      #expect(ends == 1)
    }
  }

  @Test(
    "an address where nobody answers costs the connect timeout and surely had no effect", arguments: Engines.allCases)
  func connect(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let full = try FullListener()
      var request = HTTPClientRequest("http://127.0.0.1:\(full.port)/", method: "POST")
      request.connectTimeout = .milliseconds(80)
      let error = try await failure(of: request, on: client)
      #expect(error.code == .connect && error.surelyNoEffect)
      #expect(error.message == "127.0.0.1:\(full.port): not connected within 0.08 s")
      request.timeout = .milliseconds(40)
      let early = try await failure(of: request, on: client)
      #expect(early.code == .timeout && early.surelyNoEffect)
      #expect(early.message.hasSuffix("the connection is not established"))
      #expect(client.connectionCounts.open == 0)
    }
  }

  @Test("a request that waits for a place times out there, and had no effect", arguments: Engines.allCases)
  func waiting(engines: Engines) async throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxConnectionsPerHost = 1
    try await withClient(engines, configuration) { loop, client in
      let server = try ScriptedServer(loop)
      defer { server.close() }
      client.start(HTTPClientRequest(server.url()), onBody: { _ in }, onEnd: { _ in })
      var request = HTTPClientRequest(server.url())
      request.timeout = .milliseconds(30)
      let error = try await failure(of: request, on: client)
      #expect(error.code == .timeout && error.surelyNoEffect)
      #expect(error.message.hasSuffix("all connections are in use"))
      #expect(server.connections.count == 1)
    }
  }
}

/// A listener whose queue is full: a further connect is neither answered nor refused.
private final class FullListener {
  let port: UInt16
  private var descriptors: [Int32] = []

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    descriptors.append(listener)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) | listen(listener, 0) | getsockname(listener, address, &length)
      }
    }
    try #require(result == 0)
    port = UInt16(bigEndian: address.sin_port)
    for _ in 0..<4 {
      let dialler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      descriptors.append(dialler)
      withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = Glibc.connect(dialler, $0, length) }
      }
    }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
