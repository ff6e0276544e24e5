import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client under load")
struct ClientConcurrencyTests {
  @Test("a thousand requests at once are answered, each with its own answer", arguments: Engines.allCases)
  func thousand(engines: Engines) async throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxConnectionsPerHost = 1000
    try await withClient(engines, configuration) { loop, client in
      var held: [(ScriptedConnection, String)] = []
      let server = try ScriptedServer(loop) { connection, request in held.append((connection, request.target)) }
      defer { server.close() }
      var answers: [Int: String] = [:]
      for index in 0..<1000 {
        var body: [UInt8] = []
        client.start(
          HTTPClientRequest(server.url("/\(index)")), onBody: { body += $0 },
          onEnd: { _ in answers[index] = String(decoding: body, as: UTF8.self) })
      }
      try await eventually(loop, "all are under way at once") { held.count == 1000 }
      #expect(server.connections.count == 1000)
      for (connection, target) in held { connection.send(body: target) }
      try await eventually(loop, "all are answered") { answers.count == 1000 }
      #expect(answers.allSatisfy { $0.value == "/\($0.key)" })
      #expect(client.transferCount == 0)
    }
  }

  @Test(
    "no more than the limit go to one host, in the order they came, on the same connections",
    arguments: Engines.allCases)
  func perHost(engines: Engines) async throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxConnectionsPerHost = 3
    try await withClient(engines, configuration) { loop, client in
      var (running, peak, order): (Int, Int, [String]) = (0, 0, [])
      let server = try ScriptedServer(loop) { connection, request in
        running += 1
        peak = max(peak, running)
        order.append(request.target)
        loop.schedule(after: .milliseconds(1)) {
          running -= 1
          connection.send(body: "x")
        }
      }
      defer { server.close() }
      var done = 0
      for index in 0..<30 {
        client.start(HTTPClientRequest(server.url("/\(index)")), onBody: { _ in }, onEnd: { _ in done += 1 })
      }
      try await eventually(loop, "all are answered") { done == 30 }
      #expect(peak == 3 && server.connections.count == 3)
      // Three run at a time, so that a place is shifted by two at most.
      for (place, target) in order.enumerated() { #expect(abs(Int(target.dropFirst())! - place) <= 2) }
    }
  }

  @Test("when all connections are in use, hosts take turns", arguments: Engines.allCases)
  func turns(engines: Engines) async throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxConnections = 2
    try await withClient(engines, configuration) { loop, client in
      var order: [UInt16] = []
      let servers = try (0..<3).map { _ in
        try ScriptedServer(loop) { connection, _ in
          order.append(connection.tcp.localAddress!.port)
          connection.send(body: "x")
        }
      }
      defer { for server in servers { server.close() } }
      var done = 0
      for server in servers {
        for _ in 0..<10 { client.start(HTTPClientRequest(server.url()), onBody: { _ in }, onEnd: { _ in done += 1 }) }
      }
      try await eventually(loop, "all are answered") { done == 30 }
      // Were they served in the order they came, the last server would wait for twenty others.
      #expect(Set(order.prefix(8)).count == 3)
    }
  }

  @Test("a place is given on when a transfer fails, times out or is cancelled", arguments: Engines.allCases)
  func placesComeBack(engines: Engines) async throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxConnectionsPerHost = 1
    try await withClient(engines, configuration) { loop, client in
      let server = try ScriptedServer(loop) { connection, request in
        switch request.target {
        case "/broken": connection.tcp.close()
        case "/silent": break
        default: connection.send(body: "x")
        }
      }
      defer { server.close() }
      var ends: [String] = []
      func start(_ path: String, timeout: Duration = .seconds(10)) -> HTTPTransfer {
        var request = HTTPClientRequest(server.url(path))
        request.timeout = timeout
        return client.start(request, onBody: { _ in }) { result in
          if case .failure(let error) = result { ends.append(error.code.rawValue) } else { ends.append("ok") }
        }
      }
      _ = start("/broken")
      _ = start("/silent", timeout: .milliseconds(100))
      let cancelled = start("/silent")
      let never = start("/silent")
      _ = start("/fine")
      never.cancel()
      try await eventually(loop, "the first three have ended") { ends.count == 3 }
      cancelled.cancel()
      try await eventually(loop, "all have ended") { ends.count == 5 }
      #expect(ends.sorted() == ["cancelled", "cancelled", "closed", "ok", "timeout"])
    }
  }

  @Test("who gives up while waiting leaves nothing behind, though no place comes free", arguments: Engines.allCases)
  func waitersGiveUp(engines: Engines) async throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxConnectionsPerHost = 1
    try await withClient(engines, configuration) { loop, client in
      let server = try ScriptedServer(loop)
      defer { server.close() }
      client.start(HTTPClientRequest(server.url()), onBody: { _ in }, onEnd: { _ in })
      let origin = try client.origins.destination(of: server.url(), at: loop.now).origin
      for _ in 0..<500 { client.start(HTTPClientRequest(server.url()), onBody: { _ in }, onEnd: { _ in }).cancel() }
      #expect(client.transferCount == 1 && origin.waiting.count < 50)
    }
  }
}
