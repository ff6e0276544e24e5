import JSON
import Testing

@testable import Coordinator

/// What a coordinator that is started again makes of the nodes that there are, were, or are not yet.
@Suite(.timeLimit(.minutes(2))) struct RestartNodeTests {
  @Test("nodes that a task took down before a restart count when the next one goes down with it")
  func quarantine() async throws {
    @Sendable func takeDown(_ name: String, _ coordinator: TestCoordinator) async throws {
      let node = try coordinator.node(name) { $0.begin() }
      try await coordinator.until { node.begun.count == 1 }
      coordinator.service.dispatcher.nodeGone(name)
    }
    try await RestartTests.run(
      { coordinator, _ in
        let path = try await coordinator.submit(#"[{"task":"echo"}]"#)
        for name in ["n1", "n2"] { try await takeDown(name, coordinator) }
        return path
      },
      { coordinator, path in
        try await takeDown("n3", coordinator)
        let document = try await coordinator.done(path)
        #expect(document["error"]?.int == 1, "\(document)")
        let error = try await coordinator.get("\(path)/tasks/0").json["result"]?["error"]
        #expect(error?["code"]?.string == "rejected", "\(error?.text ?? "none")")
        for name in ["n1", "n2", "n3"] { #expect(error?["message"]?.string?.contains("\(name) (") == true) }
        return path
      })
  }

  @Test("while no node has been heard of nothing is given out: the first one may hold all of it still")
  func noNodeYet() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let sent = Answers()
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try coordinator.node("n1") { shard in
        shard.begin()
        sent.texts = [shard.id]
      }
      let path = try await coordinator.submit(#"[{"task":"echo"},{"task":"echo"}]"#)
      _ = try await coordinator.wait(for: path) { $0["running"]?.int == 2 }
      try await coordinator.until { !sent.texts.isEmpty }
      return path
    }
    try await TestCoordinator.run(in: folder.path, expecting: nil) { coordinator in
      let takeover = coordinator.service.dispatcher.takeover
      let before = try await coordinator.get(path).json
      #expect(takeover.count == 1 && before["waiting_for"]?.string == "capacity", "\(before)")
      takeover.expectedNodes = { ["n1"] }
      let batch = path.split(separator: "/").last ?? ""
      let node = try coordinator.node("n1", held: [(sent.texts[0], String(batch), [0, 1])]) { _, exchange in
        RestartTests.complete(0..<2, on: exchange)
      }
      let document = try await coordinator.done(path)
      #expect(document["ok"]?.int == 2 && document["retried"]?.int == 0, "\(document)")
      #expect(node.begun.isEmpty)
    }
  }

  @Test("a batch that is cancelled while no node has been heard of ends at once, and takes no other with it")
  func cancelledEarly() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let paths = try await TestCoordinator.run(in: folder.path) { coordinator in
      var paths: [String] = []
      for _ in 0..<2 { paths.append(try await coordinator.submit(#"[{"task":"echo"}]"#)) }
      return paths
    }
    try await TestCoordinator.run(in: folder.path, expecting: nil) { coordinator in
      _ = try await coordinator.send("DELETE", paths[0])
      #expect(try await coordinator.done(paths[0])["state"]?.string == "cancelled")
      #expect(coordinator.service.dispatcher.takeover.count == 1)
    }
  }
}
