import HTTP
import JSON
import Loop
import Net
import Swim
import Synchronization
import Testing

@testable import Gossip

@Suite("Load board and nodes view", .timeLimit(.minutes(2))) struct NodesViewTests {
  /// Answers as a node would, and counts how often it was asked.
  private final class Answers: Sendable {
    let count = Atomic<Int>(0)

    var ask: LoadBoard.Ask {
      { [self] authority, _ in
        let asked = count.wrappingAdd(1, ordering: .relaxed).newValue
        return authority.port == 55568 ? .load(MemberLoad(capacity: 100, running: asked)) : .none(reason: "refused")
      }
    }
  }

  private final class API: HTTPHandler, @unchecked Sendable {
    // Guarded by: the loop's thread, on which the server calls it.
    let view: NodesView
    init(_ view: NodesView) { self.view = view }

    func handle(_ exchange: HTTPExchange) {
      let segments = exchange.request.pathSegments
      if segments.count == 2 { view.respond(to: exchange, name: segments[1]) } else { view.respond(to: exchange) }
    }
  }

  @Test("a follower asks each node as soon as it appears, and again and again")
  func follow() async throws {
    let coordinator = try await Party.start("c", role: .coordinator)
    let answers = Answers()
    let board = await coordinator.on { LoadBoard(membership: $0, mode: .follow, ask: answers.ask) }
    let node = try await Party.start("n", join: [coordinator.gossip])
    try await coordinator.waits("n was asked twice") { _ in
      answers.count.load(ordering: .relaxed) >= 2 && board.loads["n"]?.capacity == 100
    }
    await node.leave()
    try await coordinator.waits("the load of n is forgotten") { _ in board.loads["n"] == nil }
    await coordinator.on { _ in board.close() }
    await coordinator.kill()
  }

  @Test("on demand, many who look at once cost one question, and those who look again at once none")
  func onDemand() async throws {
    let first = try await Party.start("a")
    let second = try await Party.start("b", join: [first.gossip])
    try await first.sees("a", "b")
    let answers = Answers()
    let board = await first.on { LoadBoard(membership: $0, mode: .onDemand, ask: answers.ask) }
    let seen = Lock(0)
    await first.loop.spawn {
      for _ in 0..<10 {
        board.refresh {
          seen.withLock { $0 += 1 }
          // Looking again at once: nothing is asked for that.
          board.refresh { seen.withLock { $0 += 1 } }
        }
      }
    }.value
    try await first.waits("all are answered") { _ in seen.withLock { $0 } == 20 }
    #expect(answers.count.load(ordering: .relaxed) == 1)
    await first.on { _ in board.close() }
    await first.kill()
    await second.kill()
  }

  @Test("a node that never answers holds a page up by half a second at most")
  func silence() async throws {
    let first = try await Party.start("a")
    let second = try await Party.start("b", join: [first.gossip])
    try await first.sees("a", "b")
    let board = await first.on { membership in
      LoadBoard(membership: membership, mode: .onDemand) { _, _ in
        try? await membership.loop.sleep(for: .seconds(20))
        return .none(reason: "too late")
      }
    }
    let isAnswered = Lock(false)
    await first.on { _ in board.refresh { isAnswered.withLock { $0 = true } } }
    try await first.waits("the page is answered", within: .seconds(10)) { _ in isAnswered.withLock { $0 } }
    await first.on { _ in board.close() }
    await first.kill()
    await second.kill()
  }

  private final class StatusAPI: HTTPHandler, Sendable {
    func handle(_ exchange: HTTPExchange) {
      guard exchange.request.path == "/status" else { return exchange.respond(.notFound(exchange.request.path)) }
      exchange.respond(json: Array(#"{"capacity":5,"running":3,"task_types":["echo"]}"#.utf8))
    }
  }

  @Test("the board reads a node's load over HTTP, and says why when nobody answers")
  func client() async throws {
    let first = try await Party.start("a")
    let server = try await first.loop.spawn { [loop = first.loop] in
      try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: StatusAPI())
    }.value
    let http = await first.on { _ in server.localAddress }
    let reasons = Lock<[String]>([])
    let (board, client) = await first.on { membership in
      let client = HTTPClient(loop: membership.loop)
      let board = LoadBoard(membership: membership, client: client, mode: .follow)
      board.onSilence = { member, reason in reasons.withLock { $0.append("\(member.name): \(reason)") } }
      return (board, client)
    }
    let second = try await Party.start("b", join: [first.gossip], http: http)
    try await first.waits("the load of b") { _ in
      board.loads["b"] == MemberLoad(capacity: 5, running: 3, taskTypes: ["echo"])
    }
    await first.on { _ in server.close() }
    try await first.waits("the silence of b") { _ in reasons.withLock { $0.contains { $0.hasPrefix("b: ") } } }
    await first.on { _ in
      board.close()
      client.close()
    }
    await first.kill()
    await second.kill()
  }

  @Test("over HTTP: JSON, a page for browsers, one node by name, 404 and 400 as problems")
  func http() async throws {
    let first = try await Party.start("a")
    let second = try await Party.start("b", join: [first.gossip])
    try await first.sees("a", "b")
    let answers = Answers()
    let own = Array(#"{"capacity":7,"running":1}"#.utf8)
    let server = try await first.loop.spawn { [membership = first.membership, loop = first.loop] in
      let board = LoadBoard(membership: membership, mode: .onDemand, ask: answers.ask)
      let api = API(NodesView(membership: membership, board: board) { own })
      return try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: api)
    }.value
    let address = await first.on { _ in server.localAddress }
    func get(_ target: String, accept: String = "*/*") async throws -> String {
      let client = try await Stranger.connect(to: address)
      let request = "GET \(target) HTTP/1.1\r\nHost: a\r\nAccept: \(accept)\r\nConnection: close\r\n\r\n"
      await client.write(Array(request.utf8))
      await client.waitForEnd()
      defer { client.stop() }
      return await client.text()
    }
    let all = try await get("/nodes")
    #expect(all.contains("application/json") && all.contains(#""capacity":107,"running":2}"#), "\(all)")
    #expect(try await get("/nodes?role=coordinator").contains(#""nodes":[]"#))
    #expect(try await get("/nodes/b").contains(#""name":"b","role":"node","state":"alive""#))
    let missing = try await get("/nodes/zzz")
    #expect(missing.hasPrefix("HTTP/1.1 404 ") && missing.contains("No member is called 'zzz'"))
    let odd = try await get("/nodes?stat=alive")
    #expect(odd.hasPrefix("HTTP/1.1 400 ") && odd.contains("'stat' is no filter"))
    let problem = try await get("/nodes?state=alife")
    #expect(problem.hasPrefix("HTTP/1.1 400 ") && problem.contains("'alife' is none of alive, suspect, dead, left"))
    let page = try await get("/nodes", accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    #expect(page.contains("Content-Type: text/html; charset=utf-8") && page.contains("<td>b</td>"))
    await first.on { _ in server.close() }
    await first.kill()
    await second.kill()
  }
}
