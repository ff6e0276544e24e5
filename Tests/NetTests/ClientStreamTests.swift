import Clockwork
import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client streams")
struct ClientStreamTests {
  @Test("a streamed answer is handed over as it comes, head first", arguments: Engines.allCases)
  func pieces(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      }
      defer { server.close() }
      var (heads, pieces): ([Int], [String]) = ([], [])
      var result: Result<HTTPClientTiming, HTTPClientError>?
      client.start(
        HTTPClientRequest(server.url()), onHead: { heads.append($0.status) },
        onBody: { pieces.append(String(decoding: $0, as: UTF8.self)) }, onEnd: { result = $0 })
      #expect(heads.isEmpty && result == nil)
      try await eventually(loop, "the head comes before any body") { heads == [200] }
      for index in 0..<5 {
        server.connections[0].send("7\r\nline \(index)\n\r\n")
        try await eventually(loop, "piece \(index) comes at once") { pieces.count == index + 1 }
      }
      #expect(result == nil)
      server.connections[0].send("0\r\n\r\n")
      try await eventually(loop, "the end comes") { result != nil }
      #expect(throws: Never.self) { try result!.get() }
      #expect(pieces == (0..<5).map { "line \($0)\n" })
      #expect(client.transferCount == 0)
    }
  }

  @Test("a slow trickle is an answer like any other", arguments: Engines.allCases)
  func trickle(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nslow!"
      let server = try ScriptedServer(loop) { connection, _ in
        for (index, character) in text.enumerated() {
          loop.schedule(after: .milliseconds(index)) { connection.send(String(character)) }
        }
      }
      defer { server.close() }
      #expect(try await client.fetch(HTTPClientRequest(server.url())).body == Array("slow!".utf8))
    }
  }

  @Test(
    "a paused transfer hands nothing over and slows the server down; resumed, nothing is missing",
    arguments: Engines.allCases)
  func backPressure(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let size = 32 << 20
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
        connection.tcp.write([UInt8](repeating: 9, count: size))
      }
      defer { server.close() }
      var received = 0
      var result: Result<HTTPClientTiming, HTTPClientError>?
      var transfer: HTTPTransfer!
      var receivedWhilePaused = 0
      transfer = client.start(
        HTTPClientRequest(server.url()),
        onBody: {
          if received == 0 { transfer.pause() } else if transfer.isPaused { receivedWhilePaused += $0.count }
          received += $0.count
        }, onEnd: { result = $0 })
      try await eventually(loop, "the first piece has come") { received > 0 }
      let queued = { server.connections[0].tcp.queuedBytes }
      var last = -1
      try await eventually(loop, "the server is stuck") {
        defer { last = queued() }
        return queued() == last
      }
      #expect(queued() > 0 && receivedWhilePaused == 0)
      transfer.resume()
      transfer.resume()
      try await eventually(loop, "the rest has come") { result != nil }
      #expect(received == size)
    }
  }

  @Test(
    "cancelling a transfer ends it once, at once, and the server sees the connection close", arguments: Engines.allCases
  )
  func cancelled(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop)
      defer { server.close() }
      var results: [Result<HTTPClientTiming, HTTPClientError>] = []
      let transfer = client.start(HTTPClientRequest(server.url()), onBody: { _ in }, onEnd: { results.append($0) })
      try await eventually(loop, "the request has come") { server.requests.count == 1 }
      transfer.cancel()
      transfer.cancel()
      #expect(results.count == 1)
      guard case .failure(let error) = results[0] else { return #expect(Bool(false), "it must fail") }
      #expect(error.code == .cancelled && !error.surelyNoEffect)
      try await eventually(loop, "the server sees the close") { server.connections[0].peerHasClosed }
      #expect(client.transferCount == 0)
    }
  }

  @Test(
    "a transfer may be cancelled, and another one started, from within its own callbacks", arguments: Engines.allCases)
  func cancelledInside(engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop) { connection, _ in
        connection.send(body: String(repeating: "x", count: 100_000))
      }
      defer { server.close() }
      for place in ["head", "body"] {
        var codes: [HTTPClientError.Code] = []
        var others = 0
        var transfer: HTTPTransfer!
        let stop = {
          transfer.cancel()
          client.start(HTTPClientRequest(server.url()), onBody: { _ in }, onEnd: { _ in others += 1 })
        }
        transfer = client.start(
          HTTPClientRequest(server.url()), onHead: { _ in if place == "head" { stop() } },
          onBody: { _ in if place == "body" { stop() } },
          onEnd: { if case .failure(let error) = $0 { codes.append(error.code) } })
        try await eventually(loop, "both have ended") { !codes.isEmpty && others == 1 }
        #expect(codes == [.cancelled])
      }
      #expect(client.transferCount == 0)
    }
  }

  @Test("cancelling the task that awaits an answer closes the connection", arguments: [true, false], Engines.allCases)
  func taskCancelled(fromOtherThread: Bool, engines: Engines) async throws {
    try await withClient(engines) { loop, client in
      let server = try ScriptedServer(loop)
      defer { server.close() }
      let request = HTTPClientRequest(server.url())
      let task = loop.spawn { () async -> HTTPClientError.Code? in
        do throws(HTTPClientError) {
          _ = try await client.fetch(request)
          return nil
        } catch {
          return error.code
        }
      }
      try await eventually(loop, "the request has come") { server.requests.count == 1 }
      if fromOtherThread { await Task.detached { task.cancel() }.value } else { task.cancel() }
      #expect(await task.value == .cancelled)
      try await eventually(loop, "the server sees the close") { server.connections[0].peerHasClosed }
      let early = loop.spawn { () async -> HTTPClientError.Code? in
        withUnsafeCurrentTask { $0?.cancel() }
        do throws(HTTPClientError) {
          _ = try await client.fetch(request)
          return nil
        } catch {
          return error.code
        }
      }
      #expect(await early.value == .cancelled)
      #expect(server.requests.count == 1)
    }
  }

  @Test(
    "closing the client ends what runs and what waits, from within every callback too",
    arguments: [nil, "head", "body", "end"], Engines.allCases)
  func closed(fromInside place: String?, engines: Engines) async throws {
    let loop = try EventLoop.start(name: "client-test")
    defer { loop.stop() }
    try await loop.spawn {
      var configuration = HTTPClientConfiguration()
      configuration.maxConnectionsPerHost = 2
      configuration.engines = engines
      let client = HTTPClient(loop: loop, configuration: configuration)
      let server = try ScriptedServer(loop) { connection, _ in
        // The two that run end in the same moment where the end is what closes.
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(place == "end" ? 3 : 10)\r\n\r\nabc")
      }
      defer { server.close() }
      var (codes, began, succeeded): ([HTTPClientError.Code], Int, Int) = ([], 0, 0)
      for _ in 0..<5 {
        client.start(
          HTTPClientRequest(server.url()), onHead: { _ in if place == "head" { client.close() } },
          onBody: { _ in
            began += 1
            if place == "body" { client.close() }
          },
          onEnd: {
            if place == "end" { client.close() }
            if case .failure(let error) = $0 { codes.append(error.code) } else { succeeded += 1 }
          })
      }
      if place == nil {
        try await eventually(loop, "two have begun") { began == 2 }
        client.close()
      }
      try await eventually(loop, "all have ended") { codes.count + succeeded == 5 }
      #expect(codes.allSatisfy { $0 == .cancelled } && succeeded == (place == "end" ? 1 : 0))
      try await eventually(loop, "the server sees the close") { server.openConnections == 0 }
      #expect(try await failure(of: HTTPClientRequest(server.url()), on: client).code == .cancelled)
    }.value
  }
}
