import HTTP
import JSON
import Testing

@testable import Coordinator

/// Open batches that have ended, and those whose coordinator ends.
@Suite(.timeLimit(.minutes(2))) struct OpenBatchEndTests {
  @Test("a call that was taken is answered so again when its batch has ended, before and after a restart")
  func replayedLate() async throws {
    let tasks = #"[{"task":"echo"},{"task":"echo"}]"#
    @Sendable func send(_ body: String, _ key: String, _ coordinator: TestCoordinator, _ path: String) async throws
      -> TestCoordinator.Answer
    {
      try await coordinator.send("POST", "\(path)/tasks", body: body, headers: ["Idempotency-Key": key])
    }
    @Sendable func replay(_ coordinator: TestCoordinator, _ path: String) async throws {
      let again = try await send(tasks, "k1", coordinator, path)
      #expect(again.status == 200, "\(again.text)")
      #expect(try again.json["ok"]?.int == 3 && again.json["total"]?.int == 3, "\(again.text)")
      #expect(try await send(#"[{"task":"echo"}]"#, "k1", coordinator, path).status == 422)
      #expect(try await send(tasks, "k3", coordinator, path).status == 409)
      #expect(try await coordinator.send("POST", "\(path)/tasks", body: tasks).status == 409)
    }
    try await RestartTests.run(
      { coordinator, _ in
        try coordinator.node("n1")
        let path = try await coordinator.send("POST", "/batches?open=true", body: "{}").headers["Location"] ?? ""
        #expect(try await send(tasks, "k1", coordinator, path).status == 202)
        #expect(try await send(#"[{"task":"echo"}]"#, "k2", coordinator, path).status == 202)
        _ = try await coordinator.send("POST", "\(path)/close")
        _ = try await coordinator.done(path)
        try await replay(coordinator, path)
        return path
      },
      { coordinator, path in
        try await replay(coordinator, path)
        return path
      })
  }

  @Test("a drain ends the stream of who follows an open batch that has nothing to do, without the batch's last word")
  func followedDrain() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let answer = try await coordinator.send(
        "POST", "/batches?open=true", body: #"{"tasks":[{"task":"echo"},{"task":"echo"}]}"#)
      let path = try #require(answer.headers["Location"])
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 2 }
      async let results = coordinator.get("\(path)/results?follow=true")
      async let first = coordinator.send(
        "POST", "/batches?open=true&follow=true", body: #"{"tasks":[{"task":"echo"}]}"#)
      let dispatcher = coordinator.service.dispatcher
      try await coordinator.until { dispatcher.readers == 2 && dispatcher.busyBatches == 0 }
      await coordinator.service.drain()
      #expect(dispatcher.readers == 0)
      #expect(try await results.lines.compactMap { $0["seq"]?.int } == [1, 2])
      let lines = try await first.lines
      #expect(
        lines.count == 1 && lines[0]["seq"]?.int == 1, "a summary is the word of a batch that has ended: \(lines)")
    }
  }
}
