import Clockwork
import HTTP
import Loop
import Net
import Testing

@testable import Batch
@testable import Coordinator

/// What a coordinator that was started again does with what the nodes still have.
@Suite(.timeLimit(.minutes(2))) struct HeldShardTests {
  private func list(
    _ coordinator: TestCoordinator, _ node: FakeNode
  ) async -> Result<[HeldShard], HeldShard.ListError> {
    await withUnsafeContinuation { continuation in
      coordinator.service.dispatcher.heldShards(at: node.authority) { continuation.resume(returning: $0) }
    }
  }

  @Test("a node says which shards of the coordinator it holds; what is no such list is told as what it is")
  func list() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1")
      #expect(try await list(coordinator, node).get() == [])
      let (id, batch) = ("0197a000-0000-7000-8000-000000000000", "0197a000-0000-7000-8000-000000000001")
      let shard =
        #""id":"\#(id)","coordinator":"c1","epoch":7,"tasks":2,"ended":1,"indexes":[3,9],"attached":true"#
      node.held = #"{"shards":[{\#(shard),"batch":"\#(batch)"},{\#(shard)}]}"#
      let held = try await list(coordinator, node).get()
      #expect(held.map(\.id.text) == [id, id] && held.map(\.batch?.text) == [batch, nil])
      #expect(held[0].indexes == [3, 9] && held[0].ended == 1 && held[0].epoch == 7 && held[0].isAttached)
      for bad in [
        "", "[]", "{}", #"{"shards":7}"#, #"{"shards":[7]}"#, #"{"shards":[{"id":"x"}]}"#,
        #"{"shards":[{"id":"\#(id)","epoch":1,"ended":0,"indexes":[-1]}]}"#,
        #"{"shards":[{"id":"\#(id)","epoch":1,"ended":2,"indexes":[1]}]}"#,
        #"{"shards":[{"id":"\#(id)","epoch":1,"ended":0,"indexes":["1"]}]}"#,
      ] {
        node.held = bad
        let answer = await list(coordinator, node)
        #expect(throws: HeldShard.ListError.self, "\(bad)") { try answer.get() }
      }
      node.close()
      let unreachable = await list(coordinator, node)
      #expect(throws: HeldShard.ListError.self) { try unreachable.get() }
    }
  }

  /// A node that answers each request for a shard with what the test says.
  private final class Script: HTTPHandler, @unchecked Sendable {
    // Guarded by: the loop's thread.
    private var server: HTTPServer!
    private let answer: (Int, HTTPExchange) -> Void
    private(set) var targets: [String] = []

    init(_ loop: EventLoop, _ answer: @escaping (Int, HTTPExchange) -> Void) throws {
      self.answer = answer
      server = try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: self)
    }

    var authority: Authority { Authority(host: "127.0.0.1", port: server.localAddress.port) }
    func close() { server.close() }

    func handle(_ exchange: HTTPExchange) {
      targets.append("\(exchange.request.method) \(exchange.request.target)")
      answer(targets.count, exchange)
    }
  }

  private static func shard(_ indexes: Range<UInt32>) -> Shard {
    Shard(
      id: ShardID(slot: 0, generation: 0), node: "n", batch: WallClock.newIdentifier(),
      entries: indexes.map { Shard.Entry(index: $0, attempt: 1) })
  }

  @Test("a shard that the node has already is begun by taking it up, and its lines are counted as the node counts them")
  func takenUp() async throws {
    try await TestCoordinator.run { coordinator in
      let script = try Script(coordinator.loop) { number, exchange in
        let after = number == 1 ? ["Ignareo-After": "3"] : HTTPHeaders()
        exchange.startStream(status: 200, headers: after)
        exchange.write(Array("{\"load\":{}}\n{\"index\":\(number + 3),\"status\":\"ok\"}\n".utf8))
        if number >= 3 {
          exchange.write(Array("{\"end\":true}\n".utf8))
        } else {
          exchange.write(Array("{\"index\"".utf8))
        }
        exchange.finish()
      }
      defer { script.close() }
      var epoch: Int64 = 6
      var (ended, events, indexes) = (ShardEnd?.none, [String](), [Int]())
      let wireID = WallClock.newIdentifier()
      let exchange = ShardExchange(
        Self.shard(0..<7), wireID: wireID, to: script.authority, on: coordinator.client,
        sender: {
          epoch += 1
          return ShardRequest.Sender(name: "c1", epoch: epoch)
        },
        { event in
          switch event {
          case .attempts(let ends): indexes += ends.map(\.index)
          case .detached: events.append("detached")
          case .attached: events.append("attached")
          case .ended(let end, _): ended = end
          }
        })
      exchange.attach()
      try await coordinator.until { ended != nil }
      #expect(ended == .finished && indexes == [4, 5, 6])
      #expect(events == ["detached", "attached", "detached", "attached"])
      #expect(
        script.targets
          == [(0, 7), (4, 8), (5, 9)].map { after, epoch in
            "GET /shards/\(wireID.text)?after=\(after)&coordinator=c1&epoch=\(epoch)"
          })
    }
  }

  @Test("what waited for a node's next shard is said by itself, one after the other, and what is lost is let go")
  func acknowledgements() async throws {
    try await TestCoordinator.run { coordinator in
      let script = try Script(coordinator.loop) { number, exchange in
        if number >= 3 { exchange.abort() } else { exchange.respond(.notFound("")) }
      }
      defer { script.close() }
      let acknowledgements = Acknowledgements(client: coordinator.client, patience: .milliseconds(1))
      let ids = (0..<5).map { _ in WallClock.newIdentifier() }
      acknowledgements.add(ids, of: "n", at: script.authority)
      #expect(acknowledgements.take(for: "other") == [])
      try await coordinator.until { acknowledgements.isIdle }
      // A request that changes nothing the second time may have been made twice.
      #expect(Set(script.targets) == Set(ids.prefix(3).map { "DELETE /shards/\($0.text)" }))
      #expect(Array(script.targets.prefix(3)) == ids.prefix(3).map { "DELETE /shards/\($0.text)" })
      let many = (0..<2_000).map { _ in WallClock.newIdentifier() }
      let patient = Acknowledgements(client: coordinator.client)
      patient.add(many, of: "n", at: script.authority)
      let first = patient.take(for: "n")
      #expect(first == Array(many[976..<1_040]))
      patient.forget("n")
      #expect(patient.take(for: "n") == [] && patient.isIdle)
      patient.close()
    }
  }
}

@Suite struct OutageTests {
  private let begin = Instant(nanoseconds: 1_000_000_000)

  @Test("tries come after twice as long a pause each time, up to a bound, until the node must have given up")
  func pauses() {
    var (outage, now) = (Outage(), begin)
    var pauses: [Duration] = []
    while let pause = outage.next(at: now, isRefused: false, isLast: false) {
      pauses.append(pause)
      now = now + pause
    }
    #expect(Array(pauses.prefix(6)) == [100, 200, 400, 800, 1_600, 2_000].map { Duration.milliseconds($0) })
    #expect(pauses.allSatisfy { $0 <= .seconds(2) })
    #expect(now - begin >= .seconds(60) && now - begin <= .seconds(62))
  }

  @Test("a node that says something is reached again; refusals in a row, or its leave, end the wait")
  func ends() {
    var outage = Outage()
    for _ in 0..<10 {
      #expect(outage.next(at: begin, isRefused: true, isLast: false) == .milliseconds(100))
      #expect(outage.next(at: begin, isRefused: false, isLast: false) == .milliseconds(200))
      outage.isOver()
    }
    for refused in [true, true, false, true, true] {
      #expect(outage.next(at: begin, isRefused: refused, isLast: false) != nil)
    }
    #expect(outage.next(at: begin, isRefused: true, isLast: false) == nil)
    outage.isOver()
    #expect(outage.next(at: begin, isRefused: false, isLast: true) != nil)
    #expect(outage.next(at: begin, isRefused: false, isLast: true) == nil)
  }
}
