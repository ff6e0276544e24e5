import Batch
import Clockwork
import Glibc
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

/// What users are told while the disk does not take a byte, or takes one log and not the other.
@Suite("what is told of what is not durable", .serialized)
struct DurableVisibilityTests {
  @Test("a result that is not on the disk is seen nowhere: its task runs, in counts, alone and in the results")
  func unseen() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let path = try await coordinator.submit(#"[{"task":"echo","args":"seen"},{"task":"echo"}]"#)
      try Self.block("\(folder.path)\(path)/results.log")
      try coordinator.node("n1") { shard in
        shard.begin()
        for task in shard.tasks where task["index"]?.int == 0 { shard.complete(task) }
      }
      try await coordinator.until { coordinator.service.dispatcher.book.journal.engine.trouble != nil }
      #expect(try await coordinator.get("\(path)/results").text.isEmpty)
      let task = try await coordinator.get("\(path)/tasks/0").json
      #expect(task["state"]?.string == "running" && task["result"] == nil)
      let batch = try await coordinator.get(path).json
      #expect(batch["ok"]?.int == 0 && batch["running"]?.int == 2 && batch["total"]?.int == 2)
      rmdir("\(folder.path)\(path)/results.log")
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 1 }
      #expect(try await coordinator.get("\(path)/tasks/0").json["state"]?.string == "ok")
    }
  }

  @Test("a call whose tasks are on the disk is not given up because another log cannot be written")
  func kept() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let open = try await coordinator.submit("[]", query: "?open=true")
      let other = try await coordinator.submit(#"[{"task":"echo"}]"#)
      try Self.block("\(folder.path)\(other)/results.log")
      let book = coordinator.service.dispatcher.book
      let first = try #require(book.all.first { open.hasSuffix($0.id.text) })
      let second = try #require(book.all.first { other.hasSuffix($0.id.text) })
      let spec = try TaskSpec(parsing: Array(#"{"task":"echo"}"#.utf8)[...])
      var table = TaskTable()
      table.append(spec)
      let answers = Answers()
      // Both go in one group.
      second.journal.appendCancelled()
      second.journal.makeResultsDurable {}
      first.intake?.add(BatchIntake.Call([spec], table, hasIDs: false, addition: nil) { answers.take($0) })
      try await coordinator.until { !answers.problems.isEmpty && book.journal.engine.trouble != nil }
      #expect(answers.problems == [nil] && first.total == 1)
      rmdir("\(folder.path)\(other)/results.log")
    }
  }

  @Test("what is refused for want of a disk is gone from it before its submitter is told")
  func taken() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let path = try await coordinator.submit("[]", query: "?open=true")
      let batch = try #require(coordinator.service.dispatcher.book.all.first { path.hasSuffix($0.id.text) })
      let log = "\(folder.path)\(path)/tasks.log"
      let before = Self.size(log)
      let spec = try TaskSpec(parsing: Array(#"{"task":"echo"}"#.utf8)[...])
      var table = TaskTable()
      table.append(spec)
      let answers = Answers()
      batch.intake?.add(
        BatchIntake.Call([spec], table, hasIDs: false, addition: nil) { problem in
          answers.take(problem)
          answers.size = Self.size(log)
        })
      // The write is on its way, or done and not yet told.
      try await coordinator.until { Self.size(log) > before }
      batch.intake?.giveUp(.noSpace(.full))
      try await coordinator.until { !answers.problems.isEmpty }
      if answers.problems == [507] { #expect(answers.size == before && batch.total == 0) }
    }
  }

  @Test("whoever closes a second time is told what becomes of the first closing")
  func closings() async throws {
    try await TestCoordinator.run { coordinator in
      let pool = try coordinator.service.pools.open("p")
      try await PoolTests.bring(coordinator, "p", ["1"])
      let ofPool = Answers()
      pool.intake.close { ofPool.take($0) }
      pool.intake.close { ofPool.take($0) }
      pool.intake.giveUp(.noSpace(.full))
      try await coordinator.until { ofPool.problems.count == 2 }
      #expect(ofPool.problems[0] == ofPool.problems[1] && pool.intake.isClosed == (ofPool.problems[0] == nil))
      let path = try await coordinator.submit("[]", query: "?open=true")
      let batch = try #require(coordinator.service.dispatcher.book.all.first { path.hasSuffix($0.id.text) })
      let ofBatch = Answers()
      batch.intake?.close { ofBatch.take($0) }
      batch.intake?.close { ofBatch.take($0) }
      batch.intake?.giveUp(.noSpace(.full))
      try await coordinator.until { ofBatch.problems.count == 2 }
      #expect(ofBatch.problems[0] == ofBatch.problems[1] && batch.isOpen == (ofBatch.problems[0] != nil))
    }
  }

  /// Guarded by: the loop's thread.
  private final class Answers: @unchecked Sendable {
    /// The status of each; nil for none.
    var problems: [Int?] = []
    var size = 0

    func take(_ problem: Problem?) { problems.append(problem?.status) }
  }

  /// A folder in a file's place: nothing can be written there.
  static func block(_ path: String) throws {
    unlink(path)
    try #require(mkdir(path, 0o700) == 0)
  }

  private static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
