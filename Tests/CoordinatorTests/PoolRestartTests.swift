import Batch
import Clockwork
import Glibc
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

/// Pools over restarts of their coordinator: an item is never used twice and never lost.
@Suite(.timeLimit(.minutes(2))) struct PoolRestartTests {
  @Test("pools, keys and batches are there again after a restart, and each item is used once")
  func restart() async throws {
    let key: HTTPHeaders = ["Idempotency-Key": "k"]
    try await RestartTests.run(
      { coordinator, _ in
        try await PoolTests.bring(coordinator, "p", (0..<30).map(String.init), headers: key)
        try await PoolTests.bring(coordinator, "q", [#""a""#, #""b""#], query: "?reuse=2")
        // It ends ten, and holds what else it gets.
        let left = Left(10)
        try coordinator.node("n1", capacity: 20) { shard in
          shard.begin()
          for task in shard.tasks where left.take() { shard.complete(task) }
        }
        let path = try await PoolTests.take(coordinator, ["p", "q"], args: #"["{{p}}","{{q}}"]"#)
        _ = try await coordinator.wait(for: "/pools/p") { $0["used"]?.int == 10 }
        return path
      },
      { coordinator, path in
        let again = try await coordinator.send(
          "POST", "/pools/p/items", body: (0..<30).map(String.init).joined(separator: "\n"), type: PoolTests.ndjson,
          headers: key)
        #expect(again.status == 200, "\(again.text)")
        let before = try await PoolTests.pool(coordinator, "p")
        #expect(before["items"]?.int == 30 && before["used"]?.int == 10, "\(before)")
        let lent = try await PoolTests.pool(coordinator, "q")
        #expect(lent["leased"]?.int == before["leased"]?.int && lent["reuse"]?.int == 2, "\(lent)")
        #expect(try await coordinator.send("POST", "/pools/p/items", body: "[30,31]").status == 202)
        #expect(try await coordinator.send("POST", "/pools/p/close").status == 200)
        return path
      },
      { coordinator, path in
        #expect(try await PoolTests.pool(coordinator, "p")["state"]?.string == "closed")
        try coordinator.node("n2")
        let done = try await coordinator.done(path)
        #expect(done["ok"]?.int == 32 && done["total"]?.int == 32, "\(done)")
        let numbers = try await PoolTests.values(coordinator, path).compactMap { $0.elements?.first?.int }
        #expect(numbers.sorted() == Array(0..<32))
        let pool = try await PoolTests.pool(coordinator, "p")
        #expect(pool["used"]?.int == 32 && pool["free"]?.int == 0, "\(pool)")
        return path
      })
  }

  @Test("what a batch used stays used when the batch is deleted, also after a restart")
  func retention() async throws {
    try await RestartTests.run(
      { coordinator, _ in
        try coordinator.node("n1")
        try await PoolTests.bring(coordinator, "p", (0..<20).map(String.init))
        let path = try await PoolTests.take(coordinator, ["p"], args: #""{{p}}""#)
        _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 20 }
        // It takes nothing more, though its pool is open.
        #expect(try await coordinator.send("POST", "\(path)/close").status == 200)
        _ = try await coordinator.done(path)
        #expect(try await coordinator.send("DELETE", "\(path)?purge=true").status == 204)
        return path
      },
      { coordinator, path in
        #expect(try await coordinator.get(path).status == 404)
        let pool = try await PoolTests.pool(coordinator, "p")
        #expect(pool["used"]?.int == 20 && pool["free"]?.int == 0, "\(pool)")
        return path
      })
  }

  @Test("a crash that loses what a pool was told of uses loses nothing: the batch's own log tells it again")
  func lostUses() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      coordinator.service.pools.itemRest = .milliseconds(1)
      try coordinator.node("n1") { shard in
        for task in shard.tasks {
          if task["args"]?.int == 3 {
            shard.fail(task, #"{"code":"connect","message":"refused","effect":false}"#)
          } else {
            shard.complete(task)
          }
        }
        shard.end()
      }
      try await PoolTests.bring(coordinator, "p", (0..<10).map(String.init))
      let path = try await PoolTests.take(coordinator, ["p"], args: #""{{p}}""#)
      _ = try await coordinator.wait(for: "/pools/p") { $0["used"]?.int == 9 && $0["failed"]?.int == 1 }
      return path
    }
    try Self.empty("uses.log", in: folder)
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let pool = try await PoolTests.pool(coordinator, "p")
      #expect(pool["used"]?.int == 9 && pool["failed"]?.int == 1 && pool["free"]?.int == 0, "\(pool)")
      _ = try await coordinator.send("POST", "/pools/p/close")
      _ = try await coordinator.done(path)
      #expect(try await coordinator.send("DELETE", "\(path)?purge=true").status == 204)
    }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let pool = try await PoolTests.pool(coordinator, "p")
      #expect(pool["used"]?.int == 9 && pool["failed"]?.int == 1 && pool["free"]?.int == 0, "\(pool)")
    }
  }

  @Test("items that went back are free after a restart; of tasks that may have been sent they do not go back")
  func returned() async throws {
    try await RestartTests.run(
      { coordinator, _ in
        try await PoolTests.bring(coordinator, "p", (0..<4).map(String.init))
        let path = try await PoolTests.take(coordinator, ["p"], args: #""{{p}}""#, more: #","repeatable":false"#)
        _ = try await coordinator.wait(for: path) { $0["queued"]?.int == 4 }
        _ = try await coordinator.send("DELETE", path)
        _ = try await coordinator.done(path)
        let next = try await PoolTests.take(coordinator, ["p"], args: #""{{p}}""#)
        _ = try await coordinator.wait(for: next) { $0["queued"]?.int == 4 }
        return next
      },
      { coordinator, path in
        let before = try await PoolTests.pool(coordinator, "p")
        #expect(before["leased"]?.int == 4 && before["returned"]?.int == 4, "\(before)")
        // Nobody knows whether the coordinator before sent these.
        _ = try await coordinator.send("DELETE", path)
        _ = try await coordinator.done(path)
        let after = try await coordinator.wait(for: "/pools/p") { $0["leased"]?.int == 0 }
        #expect(after["used"]?.int == 4 && after["free"]?.int == 0, "\(after)")
        return path
      })
  }

  @Test("a batch whose pool cannot be read ends with what it has, and another pool is not touched")
  func unreadable() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try await PoolTests.bring(coordinator, "p", ["1", "2"])
      let path = try await PoolTests.take(coordinator, ["p"], args: #""{{p}}""#)
      _ = try await coordinator.wait(for: path) { $0["queued"]?.int == 2 }
      return path
    }
    try Self.empty("items.log", in: folder)
    try await TestCoordinator.run(in: folder.path) { coordinator in
      try coordinator.node("n1")
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 2, "\(done)")
      #expect(try await coordinator.get("/pools/p").status == 404)
      try await PoolTests.bring(coordinator, "p", ["1"])
      #expect(try await PoolTests.pool(coordinator, "p")["free"]?.int == 1)
      #expect(try JournalFolder.names(in: "\(folder.path)/pools").count == 2, "what is left of the old one stays")
    }
  }

  @Test("items are not used twice when the record that they were taken is damaged, though it was the last one")
  func lostTake() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try await PoolTests.bring(coordinator, "p", (0..<10).map(String.init))
      let path = try await PoolTests.take(coordinator, ["p"], args: #""{{p}}""#)
      _ = try await coordinator.wait(for: path) { $0["queued"]?.int == 10 }
      return path
    }
    let id = try #require(UUIDv7(String(path.dropFirst("/batches/".count))))
    let log = JournalLog(batch: id, kind: .tasks)
    var places: [Int] = []
    let logs = JournalFolder(path: folder.path)
    _ = try logs.scan(log) { offset, payload in
      if case .taken? = JournalRecord(payload) { places.append(offset) }
      return true
    }
    let file = open(logs.path(of: log), O_RDWR)
    defer { close(file) }
    for place in places {
      var byte: UInt8 = 0
      #expect(pread(file, &byte, 1, off_t(place + 15)) == 1)
      byte ^= 1
      #expect(pwrite(file, &byte, 1, off_t(place + 15)) == 1)
    }
    #expect(!places.isEmpty)
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let pool = try await PoolTests.pool(coordinator, "p")
      #expect(pool["used"]?.int == 10 && pool["leased"]?.int == 0, "\(pool)")
    }
  }

  @Test("a task that its items could not make ends once, also when its result was lost with the coordinator")
  func refused() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try await PoolTests.bring(coordinator, "p", ["1", #"{"x":2}"#])
      let path = try await PoolTests.take(coordinator, ["p"], args: #""{{p.x}}""#)
      _ = try await coordinator.wait(for: path) { $0["error"]?.int == 1 && $0["queued"]?.int == 1 }
      return path
    }
    let log = "\(folder.path)\(path)/results.log"
    #expect(truncate(log, 0) == 0)
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let node = try coordinator.node("n1")
      _ = try await coordinator.send("POST", "/pools/p/close")
      let done = try await coordinator.done(path)
      #expect(done["error"]?.int == 1 && done["ok"]?.int == 1, "\(done)")
      #expect(node.begun == [1])
      let lines = try await coordinator.get("\(path)/results?order=index").lines
      #expect(lines.first?["error"]?["code"]?.string == "bad_arguments", "\(lines)")
    }
  }

  @Test("without room, items that are not durable are refused and leave nothing, not even how they are used")
  func noRoom() async throws {
    try await RestartTests.run(
      { coordinator, _ in
        let book = coordinator.service.pools
        let pool = try book.open("p")
        let told = Answered()
        let items = (0..<3).map { Array(String($0).utf8)[...] }
        pool.intake.add(PoolIntake.Call(items, .lent(2), addition: nil) { told.statuses.append($0?.status) })
        pool.intake.close { told.statuses.append($0?.status) }
        pool.intake.giveUp(.noSpace(.full))
        try await coordinator.until { told.statuses.count == 2 }
        #expect(told.statuses == [507, 507] && !pool.intake.isClosed && pool.use == .undecided)
        try await PoolTests.bring(coordinator, "p", ["7"])
        return ""
      },
      { coordinator, _ in
        let pool = try await PoolTests.pool(coordinator, "p")
        #expect(pool["items"]?.int == 1 && pool["reuse"] == nil && pool["damaged"] == nil, "\(pool)")
        try coordinator.node("n1")
        let path = try await PoolTests.take(coordinator, ["p"], args: #""{{p}}""#)
        _ = try await coordinator.send("POST", "/pools/p/close")
        _ = try await coordinator.done(path)
        #expect(try await PoolTests.values(coordinator, path).map(\.int) == [7])
        return path
      })
  }

  @Test("without room, tasks that are not durable are made again later, of the same items")
  func noRoomForTasks() async throws {
    try await TestCoordinator.run { coordinator in
      let path = try await PoolTests.take(coordinator, ["p"], args: #""{{p}}""#)
      let batch = try #require(coordinator.service.dispatcher.book.all.first { _ in true })
      try await PoolTests.bring(coordinator, "p", (0..<5).map(String.init))
      // The round that makes them has begun by then, or begins: what it wrote is taken back either way.
      for _ in 0..<20 {
        batch.intake?.giveUp(.noSpace(.full))
        await coordinator.loop.yield()
      }
      _ = try await coordinator.wait(for: path) { $0["total"]?.int == 5 }
      try coordinator.node("n1")
      #expect(try await coordinator.send("POST", "/pools/p/close").status == 200)
      #expect(try await coordinator.done(path)["ok"]?.int == 5)
      #expect(try await PoolTests.values(coordinator, path).compactMap(\.int).sorted() == Array(0..<5))
    }
  }

  @Test("a pool that is closed and used up makes way like an ended batch; one with items, or open, never does")
  func makesWay() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      for name in ["open", "closed", "lent", "done"] {
        try await PoolTests.bring(coordinator, name, ["1"], query: name == "lent" ? "?reuse=1" : "")
      }
      for name in ["closed", "lent", "done"] { _ = try await coordinator.send("POST", "/pools/\(name)/close") }
      let path = try await PoolTests.take(coordinator, ["done", "lent"], args: #""{{done}}""#)
      _ = try await coordinator.done(path)
      let book = coordinator.service.pools
      let now = WallClock.now
      book.dropOld(at: now)
      #expect(book["done"] != nil, "not before it has been so for long enough")
      book.dropOld(at: Timestamp(milliseconds: now.milliseconds + 3_700_000))
      #expect(book["done"] == nil && book["open"] != nil && book["closed"] != nil && book["lent"] != nil)
    }
  }

  @Test("a pool that was deleted is gone")
  func deleted() async throws {
    try await RestartTests.run(
      { coordinator, _ in
        try await PoolTests.bring(coordinator, "p", ["1"])
        #expect(try await coordinator.send("DELETE", "/pools/p").status == 204)
        try await PoolTests.bring(coordinator, "q", ["1"])
        return ""
      },
      { coordinator, _ in
        let gone = try await coordinator.get("/pools/p")
        let other = try await PoolTests.pool(coordinator, "q")
        #expect(gone.status == 404 && other["free"]?.int == 1)
        return ""
      })
  }

  /// Takes away all that one log of the only pool holds.
  private static func empty(_ log: String, in folder: TemporaryFolder) throws {
    let pools = "\(folder.path)/pools"
    for name in try JournalFolder.names(in: pools) { #expect(truncate("\(pools)/\(name)/\(log)", 0) == 0) }
  }
}

/// Guarded by: the loop's thread.
private final class Answered: @unchecked Sendable {
  var statuses: [Int?] = []
}

/// Counts down. Guarded by: the loop's thread.
private final class Left: @unchecked Sendable {
  private var count: Int

  init(_ count: Int) { self.count = count }

  func take() -> Bool {
    count -= 1
    return count >= 0
  }
}
