import Batch
import Clockwork
import Glibc
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct ReattachmentTests {
  private func tasks(_ count: Int, type: String = "worker") -> String {
    "[\(Array(repeating: "{\"task\":\"\(type)\"}", count: count).joined(separator: ","))]"
  }

  /// All went well, each index has exactly one result, and nothing was begun twice.
  private func expectOnce(
    _ coordinator: TestCoordinator, _ path: String, _ count: Int, on node: FakeNode
  ) async throws {
    let done = try await coordinator.done(path)
    #expect(done["ok"]?.int == count && done["unknown"]?.int == 0 && done["retried"]?.int == 0)
    let indices = try await coordinator.get("\(path)/results").lines.compactMap { $0["index"]?.int }
    #expect(indices.sorted() == Array(0..<count))
    #expect(node.begun.sorted() == Array(0..<count))
  }

  @Test("a shard whose exchange is cut in mid-answer is taken up where it was cut, again and again")
  func cut() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { shard in
        shard.complete(shard.tasks[0])
        shard.complete(shard.tasks[1])
      }
      var attached = 0
      node.onAttach = { shard in
        attached += 1
        if attached == 1 { shard.complete(shard.tasks[2]) } else { shard.completeRest() }
      }
      let path = try await coordinator.submit(tasks(10))
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 2 }
      node.shards[0].cut()
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 3 }
      #expect(try await coordinator.get(path).json["running"]?.int == 7)
      node.shards[0].cut()
      try await expectOnce(coordinator, path, 10, on: node)
      #expect(node.attaches == [2, 3])
    }
  }

  @Test("results of the time when nobody listened are told, and none is taken twice")
  func missed() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { $0.complete($0.tasks[0]) }
      // It tells again what was told: a node that counts otherwise than the coordinator changes nothing.
      node.onAttach = { shard in
        for task in shard.tasks { shard.complete(task) }
        shard.end()
      }
      let path = try await coordinator.submit(tasks(5))
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 1 }
      node.shards[0].cut()
      node.shards[0].complete(node.shards[0].tasks[1])
      try await expectOnce(coordinator, path, 5, on: node)
    }
  }

  @Test("an exchange that is cut before its answer began is taken up, too")
  func cutBeforeHead() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { $0.cut() }
      node.onAttach = { $0.completeAll() }
      let path = try await coordinator.submit(tasks(4))
      try await expectOnce(coordinator, path, 4, on: node)
      #expect(node.attaches == [0])
    }
  }

  @Test("a node whose shard is being taken up gets nothing new, until it is")
  func rest() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { shard in
        if shard.tasks.count == 3 { shard.begin() } else { shard.completeAll() }
      }
      node.attachRefusal = 503
      node.onAttach = { $0.completeRest() }
      let first = try await coordinator.submit(tasks(3))
      try await coordinator.until { node.begun.count == 3 }
      node.shards[0].cut()
      try await coordinator.until { !node.attaches.isEmpty }
      let second = try await coordinator.submit(tasks(2))
      coordinator.service.dispatcher.nodeSeen(node.report, at: node.authority)
      try await coordinator.until { node.attaches.count == 3 }
      #expect(node.shards.count == 1)
      #expect(try await coordinator.get(first).json["running"]?.int == 3)
      node.attachRefusal = nil
      #expect(try await coordinator.done(first)["ok"]?.int == 3)
      #expect(try await coordinator.done(second)["ok"]?.int == 2)
      #expect(node.begun.count == 5)
    }
  }

  @Test("when the node is gone the shard is not waited for")
  func gone() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { $0.begin() }
      node.attachRefusal = 503
      let path = try await coordinator.submit(tasks(3, type: "echo"))
      try await coordinator.until { node.begun.count == 3 }
      node.shards[0].cut()
      try await coordinator.until { !node.attaches.isEmpty }
      let other = try coordinator.node("n2")
      coordinator.service.dispatcher.nodeGone("n1")
      #expect(try await coordinator.done(path)["ok"]?.int == 3)
      #expect(other.begun.count == 3)
    }
  }

  @Test("where nobody listens any more, the process is gone, and the shard with it")
  func nobodyListens() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { $0.begin() }
      let (once, again) = (try await coordinator.submit(tasks(3)), try await coordinator.submit(tasks(3, type: "echo")))
      try await coordinator.until { node.begun.count == 6 }
      node.close()
      try coordinator.node("n2")
      #expect(try await coordinator.done(again)["ok"]?.int == 3)
      #expect(try await coordinator.done(once)["unknown"]?.int == 3)
    }
  }

  @Test("a node that does not know the shard any more has lost it: what may repeat does, the rest is unknown")
  func forgotten() async throws {
    try await TestCoordinator.run { coordinator in
      for status in [404, 400, 405, 410] {
        let node = try coordinator.node("n\(status)") { shard in
          if shard.tasks.count == 3 { shard.begin() } else { shard.completeAll() }
        }
        node.attachRefusal = status
        let once = try await coordinator.submit(tasks(3))
        try await coordinator.until { node.begun.count == 3 }
        node.shards[0].cut()
        let result = try await coordinator.done(once)
        #expect(result["unknown"]?.int == 3)
        #expect(node.attaches.count == 1)
        coordinator.service.dispatcher.nodeGone(node.name)
      }
    }
  }

  @Test("a node that never got the shard says so, and nothing is lost of it; it cannot say so of one that it had")
  func neverCame() async throws {
    try await TestCoordinator.run { coordinator in
      var drops = 1
      let node = try coordinator.node("n1") { shard in
        guard drops > 0 else { return shard.completeAll() }
        drops -= 1
        shard.cut()
      }
      node.knows = 1_000_000
      let once = try await coordinator.submit(tasks(3))
      let done = try await coordinator.done(once)
      #expect(done["ok"]?.int == 3 && done["retried"]?.int == 0 && node.begun.count == 6)
      // It was started when the shard was on its way, or has forgotten some since.
      (drops, node.knows) = (1, 50)
      #expect(try await coordinator.done(try await coordinator.submit(tasks(3)))["unknown"]?.int == 3)
      for knows in [-1, .min, .max] {
        (drops, node.knows) = (1, knows)
        let lost = try await coordinator.done(try await coordinator.submit(tasks(3)))
        #expect(lost["unknown"]?.int == (knows == .max ? 0 : 3))
      }
      let taken = try coordinator.node("n2", types: ["taken"]) { $0.complete($0.tasks[0]) }
      taken.knows = 1_000_000
      let begun = try await coordinator.submit(tasks(3, type: "taken"))
      _ = try await coordinator.wait(for: begun) { $0["ok"]?.int == 1 }
      taken.shards[0].cut()
      #expect(try await coordinator.done(begun)["unknown"]?.int == 2)
    }
  }

  @Test("a task whose node is gone before it was sent has not begun: it goes elsewhere, though it must not repeat")
  func goneBeforeSent() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let dispatcher = coordinator.service.dispatcher
      let path = try await coordinator.submit(#"[{"task":"worker"}]"#)
      // The intent to send it stays on its way to the disk.
      try DurableVisibilityTests.block("\(folder.path)\(path)/results.log")
      let gone = try coordinator.node("n1")
      try await coordinator.until { !dispatcher.preparing.isEmpty }
      dispatcher.nodeGone("n1")
      rmdir("\(folder.path)\(path)/results.log")
      let other = try coordinator.node("n2")
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 1 && done["unknown"]?.int == 0, "\(done)")
      #expect(gone.begun.isEmpty && other.begun == [0])
    }
  }

  @Test("a coordinator that was replaced takes nothing up, and sends what it still has under a later epoch")
  func replaced() async throws {
    try await TestCoordinator.run { coordinator in
      var shards = 0
      let node = try coordinator.node("n1") { shard in
        shards += 1
        if shards == 1 { shard.begin() } else { shard.completeAll() }
      }
      (node.attachRefusal, node.refusalDetail) = (409, "epoch 5 is older than 9999999999999.")
      let path = try await coordinator.submit(tasks(2, type: "echo"))
      try await coordinator.until { node.begun.count == 2 }
      node.shards[0].cut()
      #expect(try await coordinator.done(path)["ok"]?.int == 2)
      #expect(node.epochs.last == 10_000_000_000_000)
    }
  }

  @Test("a node that has left and does not take its shard up at once is not asked again")
  func left() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { $0.begin() }
      node.attachRefusal = 503
      let path = try await coordinator.submit(tasks(3, type: "echo"))
      try await coordinator.until { node.begun.count == 3 }
      coordinator.service.dispatcher.nodeLeft(node.report, at: node.authority)
      try coordinator.node("n2")
      node.shards[0].cut()
      #expect(try await coordinator.done(path)["ok"]?.int == 3)
      #expect(node.attaches.count == 1)
    }
  }

  @Test("a cancellation reaches the tasks of a shard that is being taken up")
  func cancelled() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1") { $0.begin() }
      node.attachRefusal = 503
      node.onAttach = { _ in }
      let path = try await coordinator.submit(tasks(3))
      try await coordinator.until { node.begun.count == 3 }
      node.shards[0].cut()
      try await coordinator.until { !node.attaches.isEmpty }
      async let answer = coordinator.send("DELETE", path)
      try await coordinator.until { node.shards[0].wasCancelled }
      node.attachRefusal = nil
      node.onAttach = { $0.end() }
      _ = try await answer
      #expect(try await coordinator.done(path)["cancelled"]?.int == 3)
    }
  }

  @Test("a node is told with its next shard which ones it need not keep, and of the last one by itself")
  func acknowledged() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1")
      for round in 1...3 {
        _ = try await coordinator.done(try await coordinator.submit(tasks(2)))
        let finished = node.shards.prefix(round - 1).map(\.id)
        #expect(Set(node.done + node.forgotten).isSuperset(of: finished))
        // The acknowledgement follows the results, in the loop's next turns.
        try await coordinator.until { node.shards.count == round }
        for _ in 0..<5 { await coordinator.loop.yield() }
      }
      try await coordinator.until { Set(node.done + node.forgotten) == Set(node.shards.map(\.id)) }
      #expect(node.done.count >= 2)
      #expect(node.shards.allSatisfy { !$0.wasCancelled })
    }
  }

  @Test("a shard that is given up because its answer makes no sense is not left running")
  func garbled() async throws {
    try await TestCoordinator.run { coordinator in
      var shards = 0
      let node = try coordinator.node("n1") { shard in
        shards += 1
        if shards == 1 { shard.write("what?") } else { shard.completeAll() }
      }
      let path = try await coordinator.submit(tasks(2, type: "echo"))
      #expect(try await coordinator.done(path)["ok"]?.int == 2)
      try await coordinator.until { node.forgotten.contains(node.shards[0].id) }
      #expect(node.attaches.isEmpty)
    }
  }

  @Test("a node that claims to have told what it cannot have makes no sense: the coordinator lives, and says so")
  func impossibleCount() async throws {
    try await TestCoordinator.run { coordinator in
      for claim in ["9223372036854775807", "4", "two"] {
        var shards = 0
        let node = try coordinator.node("n1") { shard in
          shards += 1
          if shards == 1 { shard.cut() } else { shard.completeAll() }
        }
        node.inherited = { _, exchange in
          exchange.startStream(status: 200, headers: ["Ignareo-After": claim])
          exchange.write(Array("{\"index\":0,\"status\":\"ok\",\"value\":1}\n{\"end\":true}\n".utf8))
          exchange.finish()
        }
        let path = try await coordinator.submit(tasks(3, type: "echo"))
        let document = try await coordinator.done(path)
        #expect(document["ok"]?.int == 3 && document["retried"]?.int == 3, "\(claim): \(document)")
        try await coordinator.until { node.forgotten.contains(node.shards[0].id) }
        coordinator.service.dispatcher.nodeGone("n1")
        node.close()
      }
    }
  }
}
