import Batch
import Clockwork
import Glibc
import Loop
import Testing

@testable import Coordinator

/// What every engine of the journal must do, and what the files do beside.
@Suite struct JournalEngineTests {
  enum Kind: CaseIterable, Sendable { case memory, files }

  static let batch = UUIDv7("0197a000-0000-7000-8000-000000000001")!
  static let log = JournalLog(batch: batch, kind: .results)

  /// Runs a story on the loop of a fresh engine.
  static func run(_ kind: Kind, _ story: @escaping @Sendable (TestEngine) async throws -> Void) async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try await run(kind, in: folder.path, story)
  }

  static func run(
    _ kind: Kind, in path: String, _ story: @escaping @Sendable (TestEngine) async throws -> Void
  ) async throws {
    let loop = try EventLoop.start(name: "journal")
    defer { loop.stop() }
    try await loop.spawn { () async throws -> Void in
      let opening = kind == .files ? try JournalOpening(path) : nil
      let engine: any JournalEngine =
        try opening.map { try FileEngine(folder: $0.folder, on: loop, log: .silent) } ?? MemoryEngine()
      let test = TestEngine(engine, loop)
      try await story(test)
      await test.close()
      opening?.close()
    }.value
  }

  @Test("what was appended is read back from any place, durable or not", arguments: Kind.allCases)
  func reads(kind: Kind) async throws {
    try await Self.run(kind) { engine in
      engine.engine.create(Self.log)
      var bytes: [UInt8] = []
      for round in 0..<40 {
        let record = (0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ round) }
        #expect(engine.engine.append(record, to: Self.log) == bytes.count)
        bytes += record
        #expect(engine.engine.end(of: Self.log) == bytes.count)
        if round % 3 == 0 { await engine.makeDurable(Self.log) }
        for (offset, count) in [(0, 100), (bytes.count - 10, 100), (bytes.count / 2, 70_000), (0, bytes.count)] {
          let expected = Array(bytes[offset..<min(offset + count, bytes.count)])
          #expect(await engine.read(Self.log, from: offset, count: count) == expected, "\(round) \(offset)")
        }
      }
      #expect(await engine.read(Self.log, from: bytes.count, count: 10) == [])
      #expect(engine.engine.byteCount == bytes.count)
    }
  }

  @Test("what was cut off is gone, and what comes then stands in its place", arguments: Kind.allCases)
  func cuts(kind: Kind) async throws {
    try await Self.run(kind) { engine in
      engine.engine.create(Self.log)
      engine.engine.append([1, 2, 3, 4, 5, 6], to: Self.log)
      await engine.makeDurable(Self.log)
      engine.engine.append([7, 8], to: Self.log)
      engine.engine.cut(Self.log, at: 4) {}
      #expect(engine.engine.append([9], to: Self.log) == 4)
      await engine.makeDurable(Self.log)
      #expect(await engine.read(Self.log, from: 0, count: 100) == [1, 2, 3, 4, 9])
      #expect(engine.engine.pendingBytes == 0 && engine.engine.byteCount == 5)
    }
  }

  @Test("a dropped batch holds nothing and keeps nobody waiting", arguments: Kind.allCases)
  func drops(kind: Kind) async throws {
    try await Self.run(kind) { engine in
      for kind in JournalLog.Kind.allCases {
        let log = JournalLog(batch: Self.batch, kind: kind)
        engine.engine.create(log)
        engine.engine.append(Array(repeating: 1, count: 1_000), to: log)
      }
      let isTold = Told()
      engine.engine.makeDurable(Self.log) { isTold.count += 1 }
      engine.engine.drop(Self.batch) {}
      #expect(isTold.count == 1 && engine.engine.byteCount == 0)
      #expect(await engine.read(Self.log, from: 0, count: 10) == nil)
      engine.engine.create(Self.log)
      #expect(engine.engine.end(of: Self.log) == 0)
    }
  }

  @Test("those who wait for one log are told in order", arguments: Kind.allCases)
  func order(kind: Kind) async throws {
    try await Self.run(kind) { engine in
      engine.engine.create(Self.log)
      let told = Told()
      for number in 0..<20 {
        engine.engine.append([UInt8(number)], to: Self.log)
        engine.engine.makeDurable(Self.log) {
          #expect(told.count == number)
          told.count += 1
        }
      }
      await engine.makeDurable(Self.log)
      #expect(told.count == 20)
    }
  }

  @Test("a small record does not wait until all that waits of another log is written", arguments: Kind.allCases)
  func smallBesideLarge(kind: Kind) async throws {
    try await Self.run(kind) { engine in
      let other = JournalLog(batch: UUIDv7("0197a000-0000-7000-8000-000000000002")!, kind: .results)
      for log in [Self.log, other] { engine.engine.create(log) }
      let large = Array(repeating: UInt8(1), count: 24 << 20)
      engine.engine.append(large, to: Self.log)
      let told = Told()
      engine.engine.makeDurable(Self.log) { told.count += 1 }
      engine.engine.append([2], to: other)
      await engine.makeDurable(other)
      // Memory is done at once with all.
      #expect(told.count == (kind == .files ? 0 : 1))
      await engine.makeDurable(Self.log)
      #expect(told.count == 1 && engine.engine.pendingBytes == 0)
      #expect(await engine.read(Self.log, from: 0, count: large.count) == large)
    }
  }

  // MARK: Files

  @Test("many logs become durable in one group, and are there for the next process")
  func group() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let ids = (0..<20).map { UUIDv7("0197a000-0000-7000-8000-0000000000\(10 + $0)")! }
    try await Self.run(.files, in: folder.path) { engine in
      let told = Told()
      for (number, id) in ids.enumerated() {
        let log = JournalLog(batch: id, kind: .tasks)
        engine.engine.create(log)
        engine.engine.append(Array(repeating: UInt8(number), count: 100 + number), to: log)
        engine.engine.makeDurable(log) { told.count += 1 }
      }
      #expect(told.count == 0)
      await engine.makeDurable(JournalLog(batch: ids[19], kind: .tasks))
      #expect(told.count == 20)
    }
    for (number, id) in ids.enumerated() {
      let read = JournalFolder(path: folder.path).read(JournalLog(batch: id, kind: .tasks), from: 0, count: 1_000)
      #expect(read == Array(repeating: UInt8(number), count: 100 + number))
    }
  }

  @Test("a disk that fails keeps nobody from going on once it is well")
  func trouble() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try await Self.run(.files, in: folder.path) { engine in
      engine.engine.create(Self.log)
      engine.engine.append([1, 2, 3], to: Self.log)
      await engine.makeDurable(Self.log)
      let changes = Told()
      engine.engine.onTrouble = { changes.count += 1 }
      // The folder is not where it was: every write fails.
      #expect(rename("\(folder.path)/batches", "\(folder.path)/away") == 0)
      engine.engine.append([4], to: Self.log)
      let told = Told()
      engine.engine.makeDurable(Self.log) { told.count += 1 }
      try await engine.until { engine.engine.trouble != nil }
      #expect(told.count == 0 && engine.engine.trouble?.text.contains("no such file") == true)
      #expect(await engine.read(Self.log, from: 3, count: 1) == [4])
      #expect(rename("\(folder.path)/away", "\(folder.path)/batches") == 0)
      try await engine.until { told.count == 1 }
      #expect(engine.engine.trouble == nil && changes.count == 2)
    }
    #expect(JournalFolder(path: folder.path).read(Self.log, from: 0, count: 10) == [1, 2, 3, 4])
  }

  @Test("a disk that fails is asked again also when all that it failed for has been dropped")
  func troubleOfNobody() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try await Self.run(.files, in: folder.path) { engine in
      #expect(rename("\(folder.path)/batches", "\(folder.path)/away") == 0)
      engine.engine.create(Self.log)
      engine.engine.append([1], to: Self.log)
      engine.engine.makeDurable(Self.log) {}
      try await engine.until { engine.engine.trouble != nil }
      // A submission that is refused for want of room.
      engine.engine.drop(Self.log.batch) {}
      try await engine.until { engine.engine.trouble == nil }
      #expect(rename("\(folder.path)/away", "\(folder.path)/batches") == 0)
    }
  }

  @Test("two coordinators never use one folder, and the second is told of the first")
  func lock() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let first = try JournalOpening("\(folder.path)/a/b")
    let refusal = #expect(throws: JournalOpening.Refusal.self) { try JournalOpening("\(folder.path)/a/b") }
    #expect(refusal?.text.contains("process \(getpid())") == true, "\(refusal?.text ?? "")")
    first.close()
    try JournalOpening("\(folder.path)/a/b").close()
  }

  @Test("a folder of another version is refused, and left as it is")
  func version() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try JournalOpening(folder.path).close()
    let file = fopen("\(folder.path)/format", "w")
    fputs("ignareo journal 99\n", file)
    fclose(file)
    let refusal = #expect(throws: JournalOpening.Refusal.self) { try JournalOpening(folder.path) }
    #expect(refusal?.text.contains("journal 99") == true)
  }
}

/// Guarded by: the loop's thread.
final class Told: @unchecked Sendable {
  var count = 0
}

/// An engine as a test's story uses it.
///
/// Guarded by: the loop's thread.
final class TestEngine: @unchecked Sendable {
  let engine: any JournalEngine
  private let loop: EventLoop

  init(_ engine: any JournalEngine, _ loop: EventLoop) { (self.engine, self.loop) = (engine, loop) }

  func makeDurable(_ log: JournalLog) async {
    await withUnsafeContinuation { continuation in engine.makeDurable(log) { continuation.resume() } }
  }

  func read(_ log: JournalLog, from offset: Int, count: Int) async -> [UInt8]? {
    await withUnsafeContinuation { continuation in
      engine.read(log, from: offset, count: count) { continuation.resume(returning: $0) }
    }
  }

  func until(_ isThere: () -> Bool) async throws {
    for _ in 0..<2_000 {
      if isThere() { return }
      try await loop.sleep(for: .milliseconds(5))
    }
    throw TestCoordinator.Missed(text: "a condition")
  }

  func close() async {
    await withUnsafeContinuation { continuation in engine.close { continuation.resume() } }
  }
}
