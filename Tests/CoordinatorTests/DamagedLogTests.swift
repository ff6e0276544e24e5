import Batch
import Clockwork
import Glibc
import Loop
import Testing

@testable import Coordinator

/// What a start makes of logs that a disk or a crash has changed: it removes only what surely nobody was promised.
@Suite struct DamagedLogTests {
  private static let id = UUIDv7("01980000-0000-7000-8000-000000000001")!

  /// Two tasks, accepted; the offset of the last record.
  private static func tasks(isOpen: Bool = false) -> (bytes: [UInt8], last: Int) {
    var writer = RecordWriter()
    JournalRecord.lane(number: 1, .init(type: "echo", priority: 0, key: nil, limit: nil)).write(into: &writer)
    for index in 0..<2 { task(UInt32(index)).write(into: &writer) }
    let last = writer.bytes.count
    accepted(2, isOpen: isOpen).write(into: &writer)
    return (writer.bytes, last)
  }

  private static func task(_ index: UInt32) -> JournalRecord {
    .task(.init(index: index, lane: 1, attempts: 1, isRepeatable: true, id: [], bytes: [0x7b, 0x7d]))
  }

  private static func accepted(_ total: Int, isOpen: Bool) -> JournalRecord {
    var manifest = BatchManifest(id: id, createdAt: Timestamp(milliseconds: 1))
    manifest.isOpen = isOpen
    return .accepted(total: total, manifest: manifest.bytes[...])
  }

  private static func result() -> [UInt8] {
    bytes(
      .result(
        .init(
          seq: 1, index: 0, status: .ok, node: nil, attempts: 1, durationMicroseconds: 1, itemsEnd: .used,
          line: Array("{\"seq\":1}\n".utf8)[...])))
  }

  private static func bytes(_ records: JournalRecord...) -> [UInt8] {
    var writer = RecordWriter()
    for record in records { record.write(into: &writer) }
    return writer.bytes
  }

  /// A folder with files in the folder of the one batch or pool, and what a start finds there.
  private static func open(
    _ files: [String: [UInt8]], under kind: String = "batches", named name: String = id.text,
    _ check: (JournalOpening.Contents, _ path: String) throws -> Void
  ) throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = "\(folder.path)/\(kind)/\(name)"
    mkdir("\(folder.path)/\(kind)", 0o700)
    mkdir(path, 0o700)
    for (name, bytes) in files { write(bytes, to: "\(path)/\(name)") }
    let opening = try JournalOpening(folder.path)
    defer { opening.close() }
    try check(opening.readBatches(), path)
  }

  private static func write(_ bytes: [UInt8], to path: String) {
    let file = fopen(path, "w")
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    fclose(file)
  }

  private static func names(_ path: String) -> [String] { ((try? JournalFolder.names(in: path)) ?? []).sorted() }

  @Test("a flipped bit in a batch's only promise costs the promise and no log: the batch is left aside and told of")
  func flippedPromise() throws {
    let (tasks, last) = Self.tasks()
    for place in last..<tasks.count {
      var damaged = tasks
      damaged[place] ^= 1 << UInt8(place % 8)
      try Self.open(["tasks.log": damaged]) { contents, path in
        #expect(contents.batches.isEmpty && contents.cuts.isEmpty && contents.unreadable.count == 1)
        #expect(contents.unreadable.first?.path == path)
        #expect(contents.unreadable.first?.why.contains("from byte \(last) on") == true, "\(contents.unreadable)")
        #expect(Self.names(path) == ["tasks.log"], "byte \(place)")
      }
    }
  }

  @Test("a promise that is there in part was never given, and its batch goes; with results it was, and they stay")
  func tornPromise() throws {
    let (tasks, last) = Self.tasks()
    for count in 0..<tasks.count where count <= 4 || count >= last {
      let torn = Array(tasks[..<count])
      try Self.open(["tasks.log": torn, "results.log": []]) { contents, path in
        #expect(contents.unreadable.isEmpty && contents.batches.isEmpty && access(path, F_OK) != 0, "\(count) bytes")
      }
      try Self.open(["tasks.log": torn, "results.log": Self.result()]) { contents, path in
        #expect(contents.unreadable.count == 1 && contents.batches.isEmpty)
        #expect(Self.names(path) == ["results.log", "tasks.log"])
      }
    }
  }

  @Test("a batch whose log of tasks is gone keeps its results, which can be read")
  func missingTasks() throws {
    try Self.open(["results.log": Self.result()]) { contents, path in
      #expect(contents.unreadable.count == 1 && contents.batches.isEmpty)
      var lines = 0
      let folder = String(path.dropLast("/batches/\(Self.id.text)".count))
      let damage = try JournalReader.readResults(of: Self.id, in: folder, after: 0) { _ in
        lines += 1
        return true
      }
      #expect(lines == 1 && damage == nil)
    }
  }

  @Test("what a removal left is removed; it is no batch that lost a log")
  func brokenRemoval() throws {
    let files = ["results.log": Self.result(), "tasks.log.7": [1]]
    try Self.open(files, named: "\(Self.id.text).removed") { contents, path in
      #expect(contents.unreadable.isEmpty && contents.batches.isEmpty && access(path, F_OK) != 0)
    }
    try Self.open(["tasks.log": Self.tasks().bytes, "results.log": Self.result()]) { contents, path in
      #expect(contents.batches.count == 1)
      try JournalFolder(path: String(path.dropLast("/batches/\(Self.id.text)".count))).remove(Self.id)
      #expect(access(path, F_OK) != 0)
    }
  }

  @Test("a torn tail is cut and told of; a damaged one stays where it is, and what comes next stands behind it")
  func tails() throws {
    let (tasks, whole) = (Self.tasks().bytes, Self.result())
    try Self.open(["tasks.log": tasks, "results.log": whole + whole.dropLast()]) { contents, path in
      let cut = JournalOpening.Cut(
        path: "\(path)/results.log", offset: whole.count, bytes: whole.count - 1, copy: nil)
      #expect(contents.cuts == [cut] && contents.batches.first?.bytes[.results] == whole.count)
    }
    var damaged = whole
    damaged[whole.count - 3] ^= 4
    try Self.open(["tasks.log": tasks, "results.log": whole + damaged]) { contents, _ in
      #expect(contents.cuts.isEmpty && contents.batches.first?.bytes[.results] == 2 * whole.count)
      guard case .running(let recovery)? = contents.batches.first?.found else { Issue.record("no batch"); return }
      #expect(recovery.resultCount == 1 && recovery.damage.count == 1, "\(recovery.damage)")
    }
  }

  @Test("the damaged promise of an open batch's last call is cut off, and a copy of the call stays")
  func damagedCall() throws {
    let first = Self.tasks(isOpen: true).bytes
    var call = Self.bytes(Self.task(2), Self.accepted(3, isOpen: true))
    call[call.count - 1] ^= 1
    try Self.open(["tasks.log": first + call]) { contents, path in
      let copy = "\(path)/tasks.log.\(first.count)"
      let cut = JournalOpening.Cut(path: "\(path)/tasks.log", offset: first.count, bytes: call.count, copy: copy)
      #expect(contents.cuts == [cut] && contents.batches.first?.bytes[.tasks] == first.count)
      #expect(Self.names(path) == ["tasks.log", "tasks.log.\(first.count)"])
      var status = stat()
      #expect(stat(copy, &status) == 0 && status.st_size == call.count)
      guard case .running(let recovery)? = contents.batches.first?.found else { Issue.record("no batch"); return }
      #expect(recovery.table.count == 2 && !recovery.damage.isEmpty)
    }
  }

  @Test("a batch that has ended is served without its log of tasks, and says so")
  func endedWithoutTasks() throws {
    let manifest = BatchManifest(id: Self.id, createdAt: Timestamp(milliseconds: 1))
    let outcome = BatchOutcome(
      progress: BatchProgress(), finishedAt: Timestamp(milliseconds: 2), resultCount: 1, nodeCounts: [:],
      durations: Histogram())
    let ended = EndedBatch.record(manifest, outcome)
    try Self.open(["ended": ended, "results.log": Self.result()]) { contents, _ in
      guard case .ended(_, let outcome, _)? = contents.batches.first?.found else { Issue.record("no batch"); return }
      #expect(outcome.damage == "tasks.log is missing")
    }
  }

  @Test("a pool whose items cannot be read keeps the record of what was used")
  func damagedPool() throws {
    let manifest = PoolManifest(id: Self.id, name: "p", createdAt: Timestamp(milliseconds: 1), use: .once)
    let uses = Self.bytes(.itemsSettled([ItemSettlement(ItemUse(item: 0, use: 1), .used)]))
    var items = Self.bytes(.pool(manifest.bytes[...]))
    for files in [["uses.log": uses], ["items.log": [], "uses.log": uses]] {
      try Self.open(files, under: "pools") { contents, path in
        #expect(contents.pools.isEmpty && contents.unreadable.map(\.kind) == [.pool])
        #expect(Self.names(path) == files.keys.sorted())
      }
    }
    items[items.count - 1] ^= 1
    try Self.open(["items.log": items, "uses.log": []], under: "pools") { contents, path in
      #expect(contents.pools.isEmpty && contents.unreadable.map(\.kind) == [.pool])
      #expect(Self.names(path) == ["items.log", "uses.log"])
    }
    try Self.open(["items.log": Array(items.prefix(20))], under: "pools") { contents, path in
      #expect(contents.unreadable.isEmpty && access(path, F_OK) != 0, "nobody was told of it")
    }
  }

  @Test("a first start that a crash broke off, before it wrote the version, is done again")
  func emptyFormat() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    Self.write([], to: "\(folder.path)/format")
    try JournalOpening(folder.path).close()
    try JournalOpening(folder.path).close()
    #expect(Self.names(folder.path) == ["batches", "format", "lock"])
  }
}
