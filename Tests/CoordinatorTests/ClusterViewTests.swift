import Batch
import Contract
import Gossip
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

/// A coordinator and fake nodes that find each other by real gossip.
@Suite(.timeLimit(.minutes(2))) struct ClusterViewTests {
  private static func options(_ role: ClusterOptions.Role, _ name: String, join: Authority?) -> ClusterOptions {
    var options = ClusterOptions(role: role)
    options.name = name
    options.gossip = Authority(host: "127.0.0.1", port: 0)
    options.profile = .local
    options.join = join.map { [$0] } ?? []
    return options
  }

  /// Runs a story with a coordinator that has found two nodes, `n1` and `n2`.
  private static func run(
    behaving: @escaping @Sendable (FakeShard) -> Void = { $0.completeAll() },
    _ story: @escaping @Sendable (Visitor, _ node: FakeNode, Membership) async throws -> Void
  ) async throws {
    let loop = try EventLoop.start(name: "cluster")
    defer { loop.stop() }
    try await loop.spawn { () async throws -> Void in
      let service = CoordinatorService(loop: loop, journal: Journal(MemoryEngine()), log: .silent, keep: .standard)
      let http = try service.listen(SocketAddress(ip: "127.0.0.1", port: 0)!)
      let own = try await Membership.start(
        options(.coordinator, "c1", join: nil), role: .coordinator, http: http, on: loop, log: .silent)
      let view = ClusterView(service: service, membership: own)
      service.serve(view.surroundings, as: "c1")
      let seed = Authority(host: "127.0.0.1", port: own.address.port)
      var nodes: [(FakeNode, Membership)] = []
      for (name, types) in [("n1", ["echo", "http"]), ("n2", ["echo", "order"])] {
        let node = try FakeNode(loop, name: name, capacity: 10, types: types, behaving)
        let address = SocketAddress(ip: "127.0.0.1", port: node.authority.port)!
        let member = try await Membership.start(
          options(.node, name, join: seed), role: .node, http: address, on: loop, log: .silent)
        nodes.append((node, member))
      }
      let visitor = Visitor(loop, http)
      var failure: (any Error)?
      do { try await story(visitor, nodes[1].0, nodes[1].1) } catch { failure = error }
      view.close()
      visitor.client.close()
      await service.close()
      for (node, member) in nodes {
        node.close()
        member.close()
      }
      own.close()
      await loop.yield()
      if let failure { throw failure }
    }.value
  }

  @Test("nodes that gossip finds get work, and the cluster's types and status are told")
  func findsNodes() async throws {
    try await Self.run { visitor, _, _ in
      try await visitor.wait("/task-types") { $0["task_types"]?.elements?.count == 3 }
      let types = try await visitor.get("/task-types")["task_types"]?.elements ?? []
      #expect(types.map { $0["name"]?.string } == ["echo", "http", "order"])
      #expect(types[0]["nodes"]?.elements?.compactMap(\.string) == ["n1", "n2"])
      #expect(types[2]["summary"]?.string == "does order")
      let nodes = try await visitor.get("/nodes")
      #expect(nodes["cluster"]?["alive"]?.int == 2 && nodes["cluster"]?["capacity"]?.int == 20)
      #expect(nodes["nodes"]?.elements?.compactMap { $0["name"]?.string } == ["c1", "n1", "n2"])
      #expect(try await visitor.get("/nodes/n2")["state"]?.string == "alive")
      let status = try await visitor.get("/status")
      #expect(status["role"]?.string == "coordinator" && status["nodes"]?["alive"]?.int == 2)
      let batch = try await visitor.submit(#"{"tasks":[{"task":"order"},{"task":"http"}]}"#)
      let done = try await visitor.wait(batch) { $0["state"]?.string == "done" }
      #expect(done["nodes"]?["n1"]?.int == 1 && done["nodes"]?["n2"]?.int == 1)
    }
  }

  @Test("a node that says it drains gets nothing new, and one that leaves is gone at once")
  func drainsAndLeaves() async throws {
    try await Self.run { visitor, _, member in
      try await visitor.wait("/task-types") { $0["task_types"]?.elements?.count == 3 }
      member.updateMeta { $0.isDraining = true }
      try await visitor.wait("/nodes/n2") { $0["draining"]?.bool == true }
      let batch = try await visitor.submit(#"{"tasks":[{"task":"order"}]}"#)
      let waiting = try await visitor.wait(batch) { $0["waiting_for"]?.string == "node_suspect" }
      #expect(waiting["queued"]?.int == 1)
      await member.leave()
      try await visitor.wait(batch) { $0["waiting_for"]?.string == "task_type" }
    }
  }

  @Test("a node that leaves while its exchange is open may end it, and its results count")
  func leavesWithResults() async throws {
    try await Self.run(behaving: { $0.begin() }) { visitor, node, member in
      try await visitor.wait("/task-types") { $0["task_types"]?.elements?.count == 3 }
      let batch = try await visitor.submit(#"{"tasks":[{"task":"order"}]}"#)
      try await visitor.wait(batch) { $0["running"]?.int == 1 }
      await member.leave()
      try await visitor.wait("/nodes/n2") { $0["state"]?.string == "left" }
      #expect(try await visitor.get(batch)["running"]?.int == 1)
      for shard in node.shards { shard.completeAll() }
      let done = try await visitor.wait(batch) { $0["state"]?.string == "done" }
      #expect(done["ok"]?.int == 1 && done["retried"]?.int == 0 && done["nodes"]?["n2"]?.int == 1)
    }
  }
}

/// Asks a coordinator over HTTP.
final class Visitor: @unchecked Sendable {
  // Guarded by: the loop's thread.
  let client: HTTPClient
  private let loop: EventLoop
  private let address: SocketAddress

  init(_ loop: EventLoop, _ address: SocketAddress) {
    (self.loop, self.address) = (loop, address)
    client = HTTPClient(loop: loop)
  }

  /// The answer as JSON, which must be as `/openapi.json` says.
  func get(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
    let response = try await client.fetch(HTTPClientRequest("http://\(address)\(path)"))
    let faults = DescribedAPI.coordinator.faults(of: response, to: "GET", path)
    #expect(faults == [], "\(path)", sourceLocation: sourceLocation)
    return try JSONValue.parse(response.body)
  }

  /// - Returns: the batch's path.
  func submit(_ body: String) async throws -> String {
    let request = HTTPClientRequest(
      "http://\(address)/batches", method: "POST", headers: ["Content-Type": "application/json"],
      body: .bytes(Array(body.utf8)))
    return try #require(try await client.fetch(request).headers["Location"])
  }

  @discardableResult
  func wait(_ path: String, until isThere: (JSONValue) -> Bool) async throws -> JSONValue {
    for _ in 0..<3_000 {
      let value = try await get(path)
      if isThere(value) { return value }
      try await loop.sleep(for: .milliseconds(5))
    }
    throw TestCoordinator.Missed(text: "\(try await get(path))")
  }
}
