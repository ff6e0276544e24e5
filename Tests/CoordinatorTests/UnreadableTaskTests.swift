import Glibc
import JSON
import Testing

@testable import Coordinator

/// Tasks that the journal does not give when their turn comes.
@Suite(.timeLimit(.minutes(2))) struct UnreadableTaskTests {
  private static let three =
    #"[{"task":"echo","args":"first task","id":"a"},{"task":"worker","args":"second task"},{"task":"echo","args":3}]"#

  @Test("a task whose record is damaged while the coordinator runs ends, and says so; the others of its shard run")
  func damaged() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { try await $0.submit(Self.three) }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      try RestartTests.flip("second task", in: "\(folder.path)\(path)/tasks.log")
      let node = try coordinator.node("n1")
      let document = try await coordinator.done(path)
      #expect(document["ok"]?.int == 2 && document["error"]?.int == 1 && document["retried"]?.int == 0, "\(document)")
      #expect(document["damaged"]?.bool == true && document["damage"]?.string?.contains("the first of them 1") == true)
      let result = try await coordinator.get("\(path)/tasks/1").json["result"]
      #expect(result?["error"]?["code"]?.string == "internal" && result?["node"] == nil, "\(result?.text ?? "")")
      #expect(node.begun.sorted() == [0, 2])
    }
  }

  @Test("a batch whose only tasks are damaged ends")
  func allDamaged() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) {
      try await $0.submit(#"[{"task":"echo","args":"first task"},{"task":"echo","args":"second task"}]"#)
    }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      for text in ["first task", "second task"] { try RestartTests.flip(text, in: "\(folder.path)\(path)/tasks.log") }
      let node = try coordinator.node("n1")
      #expect(try await coordinator.done(path)["error"]?.int == 2)
      #expect(node.begun.isEmpty)
    }
  }

  @Test("tasks that cannot be read for a while are told of and tried again, and their node serves the others meanwhile")
  func unreadable() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { try await $0.submit(Self.three) }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let log = "\(folder.path)\(path)/tasks.log"
      #expect(rename(log, log + ".away") == 0)
      let node = try coordinator.node("n1")
      let waiting = try await coordinator.wait(for: path) { $0["detail"]?.string?.contains("its journal") == true }
      #expect(waiting["queued"]?.int == 3 && waiting["waiting_for"]?.string == "capacity", "\(waiting)")
      for _ in 0..<3 {
        let other = try await coordinator.done(try await coordinator.submit(#"[{"task":"echo"}]"#))
        #expect(other["ok"]?.int == 1 && other["retried"]?.int == 0)
      }
      #expect(try await coordinator.get(path).json["queued"]?.int == 3)
      #expect(rename(log + ".away", log) == 0)
      let document = try await coordinator.done(path)
      #expect(document["ok"]?.int == 3 && document["retried"]?.int == 0 && document["damaged"] == nil, "\(document)")
      #expect(node.begun.sorted() == [0, 0, 0, 0, 1, 2])
    }
  }
}
