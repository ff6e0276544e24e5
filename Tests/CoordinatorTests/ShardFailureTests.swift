import Batch
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct ShardFailureTests {
  private func tasks(_ count: Int, type: String = "echo") -> String {
    "[\(Array(repeating: "{\"task\":\"\(type)\"}", count: count).joined(separator: ","))]"
  }

  /// Each index has exactly one result.
  private func expectOneResultEach(_ coordinator: TestCoordinator, _ path: String, _ count: Int) async throws {
    let indices = try await coordinator.get("\(path)/results").lines.compactMap { $0["index"]?.int }
    #expect(indices.sorted() == Array(0..<count))
  }

  @Test("a node that drops its exchange in the middle costs repeatable tasks nothing, and others end unknown")
  func dropped() async throws {
    try await TestCoordinator.run { coordinator in
      var drops = 0
      try coordinator.node("n1") { shard in
        drops += 1
        guard drops == 1 else { return shard.completeAll() }
        shard.complete(shard.tasks[0])
        shard.drop()
      }
      let repeatable = try await coordinator.submit(tasks(10))
      let done = try await coordinator.done(repeatable)
      #expect(done["ok"]?.int == 10 && done["retried"]?.int == 9)
      try await expectOneResultEach(coordinator, repeatable, 10)
      drops = 0
      let once = try await coordinator.submit(tasks(10, type: "worker"))
      let result = try await coordinator.done(once)
      #expect(result["ok"]?.int == 1 && result["unknown"]?.int == 9)
      let lost = try await coordinator.get("\(once)/results?status=unknown").lines
      #expect(lost.count == 9 && lost.allSatisfy { $0["error"]?["code"]?.string == "lost" })
      try await expectOneResultEach(coordinator, once, 10)
    }
  }

  @Test("when a node is gone its exchanges are broken off and its tasks run elsewhere")
  func nodeGone() async throws {
    try await TestCoordinator.run { coordinator in
      let first = try coordinator.node("n1") { $0.begin() }
      let path = try await coordinator.submit(tasks(20))
      try await coordinator.until { first.begun.count == 20 }
      let second = try coordinator.node("n2")
      coordinator.service.dispatcher.nodeGone("n1")
      #expect(try await coordinator.done(path)["ok"]?.int == 20)
      #expect(second.begun.count == 20)
      try await coordinator.until { first.shards.allSatisfy { !$0.exchange.isOpen } }
      try await expectOneResultEach(coordinator, path, 20)
    }
  }

  @Test("a node that refuses took nothing: tasks that must not repeat run later or elsewhere")
  func refused() async throws {
    try await TestCoordinator.run { coordinator in
      for status in [503, 429, 500, 404] {
        let node = try coordinator.node("n\(status)", types: ["worker"])
        node.refusal = status
        let path = try await coordinator.submit(tasks(3, type: "worker"))
        try await coordinator.until { node.refusals > 0 }
        let waiting = try await coordinator.wait(for: path) { $0["detail"] != nil }
        #expect(waiting["detail"]?.string?.contains("\(status): not now") == true)
        node.refusal = nil
        let done = try await coordinator.done(path)
        #expect(done["ok"]?.int == 3 && done["retried"]?.int == 0)
        coordinator.service.dispatcher.nodeGone(node.name)
      }
    }
  }

  @Test("a refusal whose connection breaks behind its head took nothing either")
  func brokenRefusal() async throws {
    try await TestCoordinator.run { coordinator in
      var peers: [RawPeer] = []
      let (loop, anywhere) = (coordinator.loop, SocketAddress(ip: "127.0.0.1", port: 0)!)
      let broken = try TCPListener(loop: loop, address: anywhere) { connection in
        let peer = RawPeer(connection)
        peers.append(peer)
        peer.read()
        peer.send("HTTP/1.1 503 Full\r\nRetry-After: 0\r\nContent-Length: 1000\r\n\r\n ")
        loop.schedule(after: .milliseconds(50)) { peer.close() }
      }
      let report = NodeReport(name: "n1", capacity: 9, taskTypes: ["worker"])
      coordinator.service.dispatcher.nodeSeen(
        report, at: Authority(host: "127.0.0.1", port: broken.localAddress.port))
      let path = try await coordinator.submit(tasks(3, type: "worker"))
      try await coordinator.until { peers.count > 1 }
      broken.close()
      try coordinator.node("n1", types: ["worker"])
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 3 && done["unknown"]?.int == 0)
    }
  }

  @Test("a node that knows a later epoch gets one that is later still")
  func staleEpoch() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1")
      (node.refusal, node.refusalDetail) = (409, "The coordinator was replaced: epoch 5 is older than 9999999999999.")
      let path = try await coordinator.submit(tasks(1))
      try await coordinator.until { node.refusals > 0 }
      node.refusal = nil
      #expect(try await coordinator.done(path)["ok"]?.int == 1)
      #expect(node.epochs.last == 10_000_000_000_000, "\(node.epochs)")
    }
  }

  @Test("a cancellation that overtakes its shard is sent again")
  func earlyCancel() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { $0.begin() }
      node.unknownCancels = 2
      let path = try await coordinator.submit(tasks(3))
      try await coordinator.until { node.begun.count == 3 }
      let running = try await coordinator.send("DELETE", path).json
      let done = try await coordinator.done(path)
      #expect(done["cancelled"]?.int == 3 && done["state"]?.string == "cancelled")
      #expect(running["state"]?.string == (running["finished_at"]?.isNull == true ? "running" : "cancelled"))
      #expect(node.shards.allSatisfy(\.wasCancelled) && node.unknownCancels == 0)
    }
  }

  @Test("a task that no node can begin, for its own arguments are wrong, ends at the first one")
  func unfitTask() async throws {
    try await TestCoordinator.run { coordinator in
      for name in ["n1", "n2"] {
        try coordinator.node(name) { shard in
          for task in shard.tasks {
            let error = #"{"code":"bad_arguments","message":"/args/url must be a string","retryable":false}"#
            shard.write(#"{"index":\#(task["index"]?.int ?? -1),"status":"error","error":\#(error),"begun":false}"#)
          }
          shard.end()
        }
      }
      let path = try await coordinator.submit(tasks(3))
      let done = try await coordinator.done(path)
      #expect(done["error"]?.int == 3 && done["retried"]?.int == 0, "\(done)")
    }
  }

  @Test("a result that cannot be read fails its task alone")
  func unreadableResult() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { shard in
        for task in shard.tasks {
          guard task["index"]?.int == 1 else {
            shard.complete(task)
            continue
          }
          shard.write(#"{"index":1,"status":"ok","value":\#(String(repeating: "[", count: 1_000))}"#)
        }
        shard.end()
      }
      let done = try await coordinator.done(try await coordinator.submit(tasks(3, type: "worker")))
      #expect(done["ok"]?.int == 2 && done["error"]?.int == 1)
      let alone = try await coordinator.submit(tasks(1))
      _ = try await coordinator.done(alone)
      #expect(node.shards.count == 2)
    }
  }

  @Test("a task whose node garbles every answer ends with the error internal")
  func garbledForEver() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1") { $0.write("what?") }
      let path = try await coordinator.submit(tasks(2))
      #expect(try await coordinator.done(path)["error"]?.int == 2)
      let results = try await coordinator.get("\(path)/results").lines
      #expect(results.allSatisfy { $0["error"]?["code"]?.string == "internal" })
    }
  }

  @Test("a node where nobody listens takes nothing, and the batch waits for another")
  func nobodyListens() async throws {
    try await TestCoordinator.run { coordinator in
      let dead = try coordinator.node("n1", types: ["worker"])
      dead.close()
      let path = try await coordinator.submit(tasks(3, type: "worker"))
      try coordinator.node("n2", types: ["worker"])
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 3 && done["nodes"]?["n2"]?.int == 3)
    }
  }

  @Test("an answer that makes no sense ends its exchange, and doubled or foreign results change nothing")
  func nonsense() async throws {
    try await TestCoordinator.run { coordinator in
      var shards = 0
      try coordinator.node("n1") { shard in
        shards += 1
        if shards == 1 {
          shard.complete(shard.tasks[0])
          shard.write("what?")
        } else {
          for task in shard.tasks + shard.tasks { shard.complete(task) }
          shard.write(#"{"index":99,"status":"ok","value":1}"#)
          shard.end()
        }
      }
      let path = try await coordinator.submit(tasks(5))
      #expect(try await coordinator.done(path)["ok"]?.int == 5)
      try await expectOneResultEach(coordinator, path, 5)
    }
  }

  @Test("tasks too large for one exchange go in several")
  func largeTasks() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1")
      let big = #"{"task":"echo","args":"\#(String(repeating: "x", count: 900_000))"}"#
      let answer = try await coordinator.send(
        "POST", "/batches", body: Array(repeating: big, count: 12).joined(separator: "\n"),
        type: "application/x-ndjson")
      #expect(answer.status == 202)
      let path = try #require(answer.headers["Location"])
      #expect(try await coordinator.done(path)["ok"]?.int == 12)
      #expect(node.shards.count >= 2)
      #expect(node.begun.count == 12)
    }
  }

  @Test("results of any size come through")
  func largeResults() async throws {
    try await TestCoordinator.run { coordinator in
      let value = String(repeating: "y", count: 3 << 20)
      try coordinator.node("n1") { shard in
        for task in shard.tasks {
          shard.write(#"{"index":\#(task["index"]?.int ?? 0),"status":"ok","value":"\#(value)"}"#)
        }
        shard.end()
      }
      let path = try await coordinator.submit(tasks(2))
      _ = try await coordinator.done(path)
      let results = try await coordinator.get("\(path)/results").lines
      #expect(results.map { $0["value"]?.string?.utf8.count } == [3 << 20, 3 << 20])
    }
  }
}
