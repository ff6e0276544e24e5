import HTTP
import JSON
import Loop
import Net
import Swim
import Testing

@testable import Gossip

@Suite("Draining a member through another", .timeLimit(.minutes(2))) struct NodeDrainTests {
  /// A node's own API as far as it matters here.
  private final class Target: HTTPHandler, @unchecked Sendable {
    // Guarded by: the loop's thread, on which the server calls it.
    var drains = 0
    let status: Int

    init(status: Int) { self.status = status }

    func handle(_ exchange: HTTPExchange) {
      drains += exchange.request.target == "/drain" && exchange.request.method == "POST" ? 1 : 0
      exchange.respond(status: status, json: Array("{}".utf8))
    }
  }

  private final class API: HTTPHandler, @unchecked Sendable {
    // Guarded by: the loop's thread, on which the server calls it.
    let view: NodesView
    let client: HTTPClient
    var ownDrains = 0

    init(_ view: NodesView, _ client: HTTPClient) { (self.view, self.client) = (view, client) }

    func handle(_ exchange: HTTPExchange) {
      view.drain(exchange, name: exchange.request.pathSegments[1], client) { [self] in ownDrains += 1 }
    }
  }

  @Test("it is the member's own drain; who is unknown, gone, no node or out of reach is told so")
  func drain() async throws {
    let first = try await Party.start("a")
    let loop = first.loop
    let anywhere = SocketAddress(ip: "127.0.0.1", port: 0)!
    let (good, odd) = (Target(status: 202), Target(status: 500))
    let servers = try await loop.spawn {
      [
        try HTTPServer(loop: loop, address: anywhere, handler: good),
        try HTTPServer(loop: loop, address: anywhere, handler: odd),
      ]
    }.value
    let addresses = await loop.spawn { servers.map(\.localAddress) }.value
    let second = try await Party.start("b", join: [first.gossip], http: addresses[0])
    let third = try await Party.start("odd", join: [first.gossip], http: addresses[1])
    let nowhere = try await Party.start("nowhere", join: [first.gossip], http: SocketAddress(ip: "127.0.0.1", port: 1))
    let boss = try await Party.start("boss", join: [first.gossip], role: .coordinator)
    try await first.sees("a", "b", "boss", "nowhere", "odd")
    let (client, api) = await loop.spawn { [membership = first.membership] in
      let client = HTTPClient(loop: loop)
      let board = LoadBoard(membership: membership, mode: .onDemand) { _, _ in .none(reason: "") }
      return (client, API(NodesView(membership: membership, board: board), client))
    }.value
    let server = try await loop.spawn { try HTTPServer(loop: loop, address: anywhere, handler: api) }.value
    let url = "http://\(await loop.spawn { server.localAddress }.value)"
    func ask(_ name: String) async throws -> (status: Int, value: JSONValue) {
      try await loop.spawn {
        let response = try await client.fetch(HTTPClientRequest("\(url)/nodes/\(name)/drain", method: "POST"))
        return (response.status, try JSONValue.parse(response.body))
      }.value
    }
    let done = try await ask("b")
    #expect(done.status == 202 && done.value.text == #"{"name":"b","status":"draining"}"#)
    #expect(try await ask("a").status == 202)
    #expect(await loop.spawn { good.drains == 1 && api.ownDrains == 1 }.value)
    for (name, status, words) in [
      ("nobody", 404, "No member is called 'nobody'"), ("boss", 409, "SIGTERM"), ("odd", 502, "answered 500"),
      ("nowhere", 502, "connection refused"),
    ] {
      let answer = try await ask(name)
      let detail = answer.value["detail"]?.string ?? ""
      #expect(answer.status == status && detail.contains(words), "\(name): \(answer.status) \(detail)")
    }
    await second.leave()
    try await first.waits("b has left") { $0.contains { $0.name == "b" && $0.state == .left } }
    #expect(try await ask("b").status == 409)
    await loop.spawn {
      for server in servers + [server] { server.close() }
      client.close()
    }.value
    for party in [first, third, nowhere, boss] { await party.kill() }
  }
}
