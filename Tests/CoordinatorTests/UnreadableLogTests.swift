import Batch
import Clockwork
import Glibc
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

/// A disk that does not give what it holds, for a while: nothing is taken for lost.
@Suite(.timeLimit(.minutes(2))) struct UnreadableLogTests {
  /// Opening a folder in the place of a log succeeds, and reading it fails (EISDIR), as a disk's error would.
  private static func block(_ log: String) {
    #expect(rename(log, log + ".away") == 0 && mkdir(log, 0o700) == 0)
  }

  private static func unblock(_ log: String) { #expect(rmdir(log) == 0 && rename(log + ".away", log) == 0) }

  private static let key: HTTPHeaders = ["Idempotency-Key": "k"]

  /// Two tasks with names, the second by a call with a key; both done, and the batch ended.
  private static func ended(_ coordinator: TestCoordinator) async throws -> String {
    try coordinator.node("n1")
    let path = try await coordinator.submit(#"[{"id":"a","task":"echo"}]"#, query: "?open=true")
    let added = try await coordinator.send(
      "POST", "\(path)/tasks", body: #"[{"id":"b","task":"echo"}]"#, headers: key)
    #expect(added.status == 202, "\(added.text)")
    #expect(try await coordinator.send("POST", "\(path)/close").status == 200)
    _ = try await coordinator.done(path)
    return path
  }

  @Test("items that cannot be read for a while are not lost, nor are those of another pool")
  func items() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      try await PoolTests.bring(coordinator, "p", (0..<50).map(String.init))
      try await PoolTests.bring(coordinator, "q", (0..<50).map(String.init))
    }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      try coordinator.node("n1")
      let pool = try #require(coordinator.service.pools["p"])
      let log = "\(folder.path)/pools/\(pool.id.text)/items.log"
      Self.block(log)
      let path = try await PoolTests.take(coordinator, ["p", "q"], args: #"["{{p}}","{{q}}"]"#)
      // More than the three tries after which they once were given up.
      try await coordinator.loop.sleep(for: .milliseconds(2_200))
      #expect(try await coordinator.get(path).json["total"]?.int == 0)
      Self.unblock(log)
      let document = try await coordinator.wait(for: path) { $0["ok"]?.int == 50 }
      #expect(document["error"]?.int == 0, "\(document)")
    }
  }

  @Test("a task's own name is in its result, also when it could not be read at once")
  func names() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try await coordinator.submit(#"[{"id":"a","task":"echo"}]"#)
    }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let begun = Begun()
      try coordinator.node("n1") { shard in
        shard.begin()
        begun.shard = shard
      }
      try await coordinator.until { begun.shard != nil }
      let log = "\(folder.path)\(path)/tasks.log"
      Self.block(log)
      for task in begun.shard?.tasks ?? [] { begun.shard?.complete(task) }
      begun.shard?.end()
      try await coordinator.loop.sleep(for: .milliseconds(200))
      #expect(try await coordinator.get("\(path)/results").lines.isEmpty)
      Self.unblock(log)
      _ = try await coordinator.done(path)
      #expect(try await coordinator.get("\(path)/results").lines.first?["id"]?.string == "a")
    }
  }

  @Test("of a log that cannot be read nothing is told as if it held nothing, and later all of it is told")
  func readers() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { try await Self.ended($0) }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      func add() async throws -> TestCoordinator.Answer {
        try await coordinator.send("POST", "\(path)/tasks", body: #"[{"id":"b","task":"echo"}]"#, headers: Self.key)
      }
      for log in ["tasks", "results"].map({ "\(folder.path)\(path)/\($0).log" }) {
        Self.block(log)
        for page in ["\(path)/tasks/0", "\(path)/summary"] {
          let answer = try await coordinator.get(page)
          #expect(answer.status == 503 && answer.headers["Retry-After"] != nil, "\(log) \(page): \(answer.text)")
        }
        if log.hasSuffix("tasks.log") { #expect(try await add().status == 503) }
        let loop = coordinator.loop
        let reading = loop.spawn { try await coordinator.get("\(path)/results?order=index").lines }
        try await loop.sleep(for: .milliseconds(50))
        Self.unblock(log)
        let lines = try await reading.value
        #expect(lines.compactMap { $0["id"]?.string } == ["a", "b"], "\(lines)")
        for batch in coordinator.service.dispatcher.book.all { batch.journal.forgetIndex() }
      }
      let task = try await coordinator.get("\(path)/tasks/1")
      #expect(task.status == 200, "\(task.text)")
      #expect(try await add().status == 200)
    }
  }

  @Test("a task of a batch that has ended is found without reading its log in one piece, whatever becomes of the index")
  func bounded() async throws {
    let loop = try EventLoop.start(name: "journal")
    defer { loop.stop() }
    try await loop.spawn { () async throws in
      let counting = CountingEngine()
      let journal = BatchJournal(UUIDv7("01980000-0000-7000-8000-000000000001")!, counting)
      let text = #"{"task":"echo","args":"\#(String(repeating: "x", count: 10_000))"}"#
      let task = try TaskSpec(parsing: Array(text.utf8)[...])
      for _ in 0..<500 { journal.appendTask(task) }
      journal.accept(BatchManifest(id: journal.id, createdAt: Timestamp(milliseconds: 1)))
      journal.forgetIndex()
      var found: [Int] = []
      // The index is forgotten while the second read is under way.
      counting.onRead = { journal.forgetIndex() }
      for wanted in [[499], [3, 250, 498]] {
        counting.readBytes = 0
        journal.readTasks(wanted) { found += ((try? $0.get()) ?? [:]).keys.sorted() }
        #expect(counting.largestRead <= JournalLimits.scanBytes)
        #expect(counting.readBytes < 3 * counting.end(of: journal.tasks), "\(counting.readBytes)")
      }
      #expect(found == [499, 3, 250, 498])
    }.value
  }

  @Test("a read that begins on the disk and ends in memory is whole, whatever is let go of meanwhile")
  func acrossMemory() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let loop = try EventLoop.start(name: "journal")
    defer { loop.stop() }
    try await loop.spawn { () async throws in
      let opening = try JournalOpening(folder.path)
      let engine = try FileEngine(folder: opening.folder, on: loop, log: .silent)
      let test = TestEngine(engine, loop)
      let (log, pipe) = (JournalEngineTests.log, JournalLog(batch: JournalEngineTests.log.batch, kind: .ended))
      engine.create(log)
      let part = Array(repeating: UInt8(7), count: 1 << 20)
      _ = engine.append(part, to: log)
      await test.makeDurable(log)
      // Nobody writes into it: who opens it to read waits, and with him all reads behind his.
      let path = opening.folder.path(of: pipe)
      #expect(mkfifo(path, 0o600) == 0)
      engine.adopt(pipe, bytes: 10)
      let told = Told()
      engine.read(pipe, from: 0, count: 10) { _ in told.count += 1 }
      _ = engine.append(part, to: log)
      var found: [UInt8]?
      engine.read(log, from: 0, count: 2 << 20) { found = $0 }
      await test.makeDurable(log)
      #expect(told.count == 0 && found == nil)
      let writer = open(path, O_RDWR | O_CLOEXEC)
      try await test.until { told.count == 1 && found != nil }
      close(writer)
      #expect(found?.count == 2 << 20)
      await test.close()
      opening.close()
    }.value
  }
}

/// Guarded by: the loop's thread.
private final class Begun: @unchecked Sendable {
  var shard: FakeShard?
}

/// Logs in memory that count what is read of them.
///
/// Guarded by: the loop's thread.
private final class CountingEngine: JournalEngine {
  private let memory = MemoryEngine()
  var readBytes = 0
  var largestRead = 0
  var onRead: () -> Void = {}

  let isDurable = false
  var byteCount: Int { memory.byteCount }
  let trouble: JournalTrouble? = nil
  var onTrouble: () -> Void = {}
  let pendingBytes = 0

  func create(_ log: JournalLog) { memory.create(log) }
  func append(_ records: [UInt8], to log: JournalLog) -> Int { memory.append(records, to: log) }
  func end(of log: JournalLog) -> Int { memory.end(of: log) }
  func pendingBytes(of log: JournalLog) -> Int { 0 }
  func makeDurable(_ log: JournalLog, _ then: @escaping () -> Void) { then() }
  func cut(_ log: JournalLog, at offset: Int, _ then: @escaping () -> Void) { memory.cut(log, at: offset, then) }
  func close(_ then: @escaping () -> Void) { then() }
  func drop(_ batch: UUIDv7, _ then: @escaping () -> Void) { memory.drop(batch, then) }

  func read(_ log: JournalLog, from offset: Int, count: Int, _ then: @escaping ([UInt8]?) -> Void) {
    readBytes += min(count, memory.end(of: log) - offset)
    largestRead = max(largestRead, count)
    memory.read(log, from: offset, count: count) { [self] bytes in
      onRead()
      then(bytes)
    }
  }
}
