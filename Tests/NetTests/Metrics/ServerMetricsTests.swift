import HTTP
import Loop
import Testing

@testable import Net

@Suite("Metrics of a server and a client", .timeLimit(.minutes(1))) struct ServerMetricsTests {
  /// Answers `/metrics` with its server's, `/NUMBER` with that status as its second route, all else as none of them.
  private final class Site: HTTPHandler, @unchecked Sendable {
    // Guarded by: the loop's thread.
    var server: HTTPServer!
    let routes = ["/metrics", "/{status}"]

    func handle(_ exchange: HTTPExchange) {
      let path = exchange.request.path.dropFirst()
      if path == "metrics" {
        exchange.route = 0
        return exchange.respondMetrics { server.write(into: &$0) }
      }
      if Int(path) != nil { exchange.route = 1 }
      exchange.respond(status: Int(path) ?? 404)
    }
  }

  private func withSite(
    limits: HTTPServerLimits = HTTPServerLimits(),
    _ body: @escaping @Sendable (Site, RawClient) async throws -> Void
  ) async throws {
    let loop = try EventLoop.start(name: "metrics")
    defer { loop.stop() }
    try await loop.spawn { () async throws in
      let site = Site()
      site.server = try HTTPServer(
        loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, limits: limits, handler: site)
      defer {
        site.server.close()
        site.server = nil
      }
      try await body(site, try await RawClient.connect(site.server.localAddress, loop))
    }.value
  }

  private func get(_ path: String, accept: String? = nil) -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n" + (accept.map { "Accept: \($0)\r\n" } ?? "") + "\r\n"
  }

  private func metrics(_ client: RawClient) async -> String {
    client.send(get("/metrics"))
    return await client.take(endingWith: "route=\"other\",status=\"5xx\"} 0\n")
  }

  @Test("answers are counted by route and class of status, those to what cannot be read among the others")
  func requests() async throws {
    try await withSite { site, client in
      for status in [200, 204, 301, 404, 404, 503] { client.send(get("/\(status)")) }
      client.send(get("/nowhere"))
      let broken = try await RawClient.connect(site.server.localAddress, site.server.loop)
      broken.send("NONSENSE\r\n\r\n")
      #expect(await broken.takeAll().hasPrefix("HTTP/1.1 400"))
      _ = await metrics(client)
      let text = await metrics(client)
      for line in [
        #"{route="/{status}",status="2xx"} 2"#, #"{route="/{status}",status="3xx"} 1"#,
        #"{route="/{status}",status="4xx"} 2"#, #"{route="/{status}",status="5xx"} 1"#,
        #"{route="/metrics",status="2xx"} 1"#, #"{route="/metrics",status="4xx"} 0"#,
        #"{route="other",status="4xx"} 2"#,
      ] {
        #expect(text.contains("ignareo_http_requests_total\(line)\n"), "\(line) in \(text)")
      }
      #expect(!text.contains("1xx"))
    }
  }

  @Test("connections are counted: those open, those ever opened, those refused")
  func connections() async throws {
    var limits = HTTPServerLimits()
    limits.connections = 2
    try await withSite(limits: limits) { site, client in
      let second = try await RawClient.connect(site.server.localAddress, site.server.loop)
      second.send(get("/200"))
      _ = await second.take(endingWith: "\r\n\r\n")
      let third = try await RawClient.connect(site.server.localAddress, site.server.loop)
      #expect(await third.takeAll().hasPrefix("HTTP/1.1 503"))
      third.close()
      let text = await metrics(client)
      #expect(text.contains("\nignareo_http_connections_opened_total 3\n"))
      #expect(text.contains("\nignareo_http_connections_refused_total 1\n"))
    }
  }

  @Test(
    "the format is the one that the client likes best",
    arguments: [
      (nil, "text/plain; version=0.0.4; charset=utf-8"), ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
      ("text/html,*/*;q=0.8", "text/plain; version=0.0.4; charset=utf-8"),
      ("application/json", "text/plain; version=0.0.4; charset=utf-8"),
      ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
      (
        // Prometheus 2.42.
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8"
      ),
      ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5", "text/plain; version=0.0.4; charset=utf-8"),
    ])
  func negotiation(accept: String?, type: String) async throws {
    try await withSite { _, client in
      client.send(get("/metrics", accept: accept))
      let isOpen = type.hasPrefix("application")
      let answer = await client.take(endingWith: isOpen ? "# EOF\n" : "status=\"5xx\"} 0\n")
      #expect(answer.contains("\r\nContent-Type: \(type)\r\n"), "\(answer.prefix(300))")
    }
  }

  @Test("a client counts what is under way, what waits, what failed and why, and its connections by engine")
  func client() async throws {
    let held = Notes()
    let hold: @Sendable (HTTPExchange) -> Void = { held.exchanges.append($0) }
    try await withServer(hold) { server, loop in
      var configuration = HTTPClientConfiguration()
      configuration.maxConnectionsPerHost = 2
      let client = HTTPClient(loop: loop, configuration: configuration)
      defer { client.close() }
      let url = "http://\(server.localAddress)/"
      let notes = Notes()
      let transfers = (0..<3).map { _ in
        client.start(HTTPClientRequest(url), onBody: { _ in }, onEnd: { _ in notes.left += 1 })
      }
      var viaCurl = HTTPClientRequest("http://127.0.0.1:1/")
      viaCurl.proxy = "http://127.0.0.1:1"
      await #expect(throws: HTTPClientError.self) { try await client.fetch(viaCurl) }
      await #expect(throws: HTTPClientError.self) { try await client.fetch(HTTPClientRequest("odd://x")) }
      while held.exchanges.count < 2 { await loop.yield() }

      let busy = client.figures
      #expect(busy.running == 2 && busy.waiting == 1 && busy.begun == 5)
      #expect(busy.own.open == 2 && busy.own.opened == 2 && busy.libcurl.open == 0)
      #expect(busy.errors == [.connect: 1, .badURL: 1])
      transfers[2].cancel()
      for exchange in held.exchanges { exchange.respond(status: 200) }
      while notes.left < 3 { await loop.yield() }
      let idle = client.figures
      #expect(idle.running == 0 && idle.waiting == 0 && idle.own.open == 2)
      #expect(idle.errors == [.connect: 1, .badURL: 1, .cancelled: 1])

      var sum = HTTPClientFigures()
      sum += idle
      sum += busy
      #expect(sum.begun == 10 && sum.own.opened == 4 && sum.errors[.connect] == 2 && sum.openConnections == 4)
    }
  }
}
