import Clockwork
import JSON
import Testing

@testable import Batch

/// What a batch's logs give back after a crash.
@Suite struct BatchRecoveryTests {
  static let id = UUIDv7("0197a000-0000-7000-8000-000000000001")!
  static let shard = UUIDv7("0197a000-0000-7000-8000-000000000002")!

  /// Both logs of a batch of `total` tasks in two lanes; `results` have ended, in this order.
  static func logs(total: Int, results: [Int], also: [JournalRecord] = []) -> (tasks: [[UInt8]], results: [[UInt8]]) {
    var tasks: [JournalRecord] = [
      .lane(number: 1, .init(type: "echo", priority: 0, key: nil, limit: nil)),
      .lane(number: 2, .init(type: "order", priority: 5, key: TaskKey("k".utf8), limit: TaskLimit(concurrency: 1))),
    ]
    for index in 0..<total {
      tasks.append(
        .task(
          .init(
            index: UInt32(index), lane: UInt32(1 + index % 2), attempts: 3, isRepeatable: index % 2 == 0, id: [],
            bytes: Array("{\"task\":\(index)}".utf8)[...])))
    }
    let manifest = BatchManifest(
      id: id, name: "a batch", createdAt: Timestamp(milliseconds: 1_700_000_000_000), idempotencyKey: "key",
      digest: .init(first: .max, second: 2, count: 3))
    tasks.append(.accepted(total: total, manifest: manifest.bytes[...]))
    var ends: [JournalRecord] = [.node(number: 0, name: "n1")]
    for (place, index) in results.enumerated() {
      ends.append(
        .result(
          .init(
            seq: UInt32(place + 1), index: UInt32(index), status: .ok, node: 0, attempts: 1,
            durationMicroseconds: 1_000, line: Array("{\"index\":\(index)}\n".utf8)[...])))
    }
    return (tasks.map(bytes), (ends + also).map(bytes))
  }

  static func bytes(_ record: JournalRecord) -> [UInt8] {
    var writer = RecordWriter()
    record.write(into: &writer)
    return writer.bytes
  }

  static func recover(_ tasks: [UInt8], _ results: [UInt8]) -> BatchRecovery {
    var recovery = BatchRecovery(noteLimit: 10)
    var scanner = RecordScanner()
    _ = scanner.take(tasks) {
      recovery.takeTask($1, at: $0); return true
    }
    _ = scanner.finish {
      recovery.takeTask($1, at: $0); return true
    }
    recovery.endTasks(scanner)
    scanner = RecordScanner()
    _ = scanner.take(results) {
      recovery.takeResult($1, at: $0); return true
    }
    _ = scanner.finish {
      recovery.takeResult($1, at: $0); return true
    }
    recovery.endResults(scanner)
    return recovery
  }

  @Test("a whole batch comes back as it was")
  func whole() {
    let logs = Self.logs(
      total: 6, results: [4, 0],
      also: [
        .attempt(index: 2, attempts: 1, detail: Array("{\"attempt\":1}".utf8)[...]),
        .sent(shard: Self.shard, node: "n2", indexes: [1, 3, 5]), .returned(indexes: [3]), .cancelled,
        .lost(.init(node: "n1", life: 9, at: 5, trialSize: 1, indexes: [2])),
      ])
    let recovery = Self.recover(logs.tasks.flatMap { $0 }, logs.results.flatMap { $0 })
    #expect(recovery.manifest?.name == "a batch" && recovery.manifest?.digest?.first == .max)
    #expect(recovery.manifest?.createdAt.milliseconds == 1_700_000_000_000)
    #expect(recovery.table.count == 6 && recovery.table.typeNames == ["echo", "order"])
    #expect(recovery.seqs == [2, 0, 0, 0, 1, 0] && recovery.resultCount == 2)
    #expect(recovery.table.attempts(of: 2) == 1 && recovery.table.attempts(of: 4) == 1 && recovery.retried == 1)
    #expect(recovery.sent == [1: .init(shard: Self.shard, node: "n2"), 5: .init(shard: Self.shard, node: "n2")])
    #expect(recovery.nodeCounts == ["n1": 2] && recovery.durations.maximum == 1_000)
    #expect(recovery.losses == [.init(node: "n1", life: 9, at: 5, trialSize: 1, indexes: [2])])
    #expect(recovery.isCancelled && recovery.damage.isEmpty && recovery.lostTasks.isEmpty)
  }

  @Test("where a node's name is damaged its results are still its own, and the next node gets another number")
  func damagedNode() {
    let line = { (node: String) in Array(#"{"node":"\#(node)"}"#.utf8 + [0x0a])[...] }
    var logs = Self.logs(total: 4, results: [])
    logs.results += [
      .node(number: 1, name: "n2"),
      .result(
        .init(seq: 1, index: 0, status: .ok, node: 0, attempts: 1, durationMicroseconds: 1, line: line("n1"))),
      .result(
        .init(seq: 2, index: 1, status: .ok, node: 1, attempts: 1, durationMicroseconds: 1, line: line("n2"))),
    ].map(Self.bytes)
    for damaged in 0...1 {
      var results = logs.results
      results[damaged][RecordFrame.headBytes] ^= 1
      let recovery = Self.recover(logs.tasks.flatMap { $0 }, results.flatMap { $0 })
      #expect(recovery.nodeCounts == ["n1": 1, "n2": 1] && recovery.nextNode == 2)
      #expect(recovery.nodeNames == [0: "n1", 1: "n2"] && !recovery.damage.isEmpty)
    }
    // Nothing tells the name any more: the number stays taken all the same.
    let nameless = [
      logs.results[1],
      Self.bytes(
        .result(
          .init(
            seq: 1, index: 0, status: .ok, node: 7, attempts: 1, durationMicroseconds: 1, line: [0x0a]))),
    ]
    let recovery = Self.recover(logs.tasks.flatMap { $0 }, nameless.flatMap { $0 })
    #expect(recovery.nextNode == 8 && recovery.nodeNames == [1: "n2"] && recovery.nodeCounts == ["?": 1])
  }

  @Test("tasks that were never accepted are no batch, wherever their log ends")
  func unaccepted() {
    let tasks = Self.logs(total: 4, results: []).tasks.flatMap { $0 }
    for count in 0..<tasks.count { #expect(Self.recover(Array(tasks[..<count]), []).manifest == nil, "\(count) bytes") }
    #expect(Self.recover(tasks, []).manifest != nil)
  }

  /// An open batch's log: calls of these sizes, and tasks that were never accepted.
  private static func openTasks(_ calls: [Int], unaccepted: Int, isClosed: Bool = false) -> [[UInt8]] {
    var records: [JournalRecord] = [.lane(number: 1, .init(type: "echo", priority: 0, key: nil, limit: nil))]
    var total = 0
    func add(_ count: Int) {
      for index in total..<total + count {
        records.append(
          .task(.init(index: UInt32(index), lane: 1, attempts: 1, isRepeatable: true, id: [], bytes: [0x7b, 0x7d])))
      }
      total += count
    }
    var manifest = BatchManifest(id: id, createdAt: Timestamp(milliseconds: 1))
    manifest.isOpen = true
    for (place, count) in calls.enumerated() {
      add(count)
      manifest.addition = .init(key: "k\(place)", digest: .init(first: 1, second: 2, count: place))
      records.append(.accepted(total: total, manifest: manifest.bytes[...]))
    }
    if isClosed { records.append(.closed) }
    add(unaccepted)
    return records.map(bytes)
  }

  @Test("an open batch is open again with the tasks of whole calls; what was not promised is cut off, wherever it ends")
  func openBatch() {
    let logs = Self.openTasks([2, 0, 3], unaccepted: 4)
    let whole = logs.dropLast(4).flatMap { $0 }.count
    let tasks = logs.flatMap { $0 }
    for count in whole...tasks.count {
      let recovery = Self.recover(Array(tasks[..<count]), [])
      #expect(recovery.table.count == 5 && recovery.isOpen && recovery.promisedEnd == whole, "\(count) bytes")
      #expect(recovery.lostTasks.isEmpty && recovery.damage.isEmpty && recovery.lanesWritten == 1)
      #expect(recovery.seqs.count == 5 && recovery.table.counts.total == 5)
    }
    let recovery = Self.recover(tasks, [])
    #expect(recovery.additions.map(\.key) == ["k0", "k1", "k2"] && recovery.additions[2].digest.count == 2)
    #expect(recovery.manifest?.addition == nil && recovery.manifest?.isOpen == true)
    #expect(recovery.taskPlaces.after(4) == nil)
    let first = Self.recover(Array(tasks[..<(whole - 1)]), [])
    #expect(first.table.count == 2, "the last call was torn")
  }

  @Test("a batch that was closed or cancelled is open no more")
  func closedBatch() {
    let closed = Self.openTasks([1], unaccepted: 0, isClosed: true).flatMap { $0 }
    #expect(!Self.recover(closed, []).isOpen && Self.recover(closed, []).promisedEnd == closed.count)
    let open = Self.openTasks([1], unaccepted: 0).flatMap { $0 }
    #expect(Self.recover(open, []).isOpen && !Self.recover(open, Self.bytes(.cancelled)).isOpen)
  }

  @Test("results count as far as their log goes, each once")
  func tornResults() {
    let logs = Self.logs(total: 4, results: [3, 1, 0, 2])
    let (tasks, results) = (logs.tasks.flatMap { $0 }, logs.results.flatMap { $0 })
    var known = 0
    for count in 0...results.count {
      let recovery = Self.recover(tasks, Array(results[..<count]))
      #expect(recovery.resultCount >= known && recovery.damage.isEmpty)
      known = recovery.resultCount
      #expect(recovery.seqs.filter { $0 > 0 }.count == known)
    }
    #expect(known == 4)
  }

  @Test("a damaged task is lost and told of; the others keep their places")
  func damagedTask() {
    var logs = Self.logs(total: 4, results: [0])
    logs.tasks[4][20] ^= 1
    let recovery = Self.recover(logs.tasks.flatMap { $0 }, logs.results.flatMap { $0 })
    #expect(recovery.lostTasks == [2] && recovery.table.count == 4)
    #expect(recovery.damage.count == 2 && recovery.damage[0].contains("tasks.log"), "\(recovery.damage)")
    #expect(recovery.seqs == [1, 0, 0, 0])
  }

  @Test("a damaged result is told of; its number is not used again")
  func damagedResult() {
    var logs = Self.logs(total: 3, results: [0, 1, 2])
    logs.results[2][15] ^= 0x80
    let recovery = Self.recover(logs.tasks.flatMap { $0 }, logs.results.flatMap { $0 })
    #expect(recovery.seqs == [1, 0, 3] && recovery.resultCount == 3)
    #expect(recovery.damage.count == 1 && recovery.damage[0].contains("results.log"))
  }

  @Test("a second result for a task, or one for a task that is not there, is none")
  func strays() {
    var logs = Self.logs(total: 2, results: [0, 0, 7])
    logs.results.append(Self.bytes(.accepted(total: 9, manifest: [])))
    let recovery = Self.recover(logs.tasks.flatMap { $0 }, logs.results.flatMap { $0 })
    #expect(recovery.seqs == [1, 0] && recovery.resultCount == 1 && recovery.damage.count == 1)
  }

  @Test("whatever a disk does to the logs, what comes back was written", arguments: 0..<200 as Range<UInt64>)
  func mangled(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let order = (0..<40).map { $0 }.shuffled(using: &random)
    let logs = Self.logs(
      total: 40, results: Array(order.prefix(30)), also: [.sent(shard: Self.shard, node: "n2", indexes: [35])])
    var (tasks, results) = (logs.tasks.flatMap { $0 }, logs.results.flatMap { $0 })
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: results.removeLast(Int.random(in: 0..<results.count / 2, using: &random))
      case 1: results[Int.random(in: 0..<results.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: tasks[Int.random(in: 0..<tasks.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      default:
        let start = Int.random(in: 0..<results.count - 40, using: &random)
        for place in start..<start + 40 { results[place] = 0 }
      }
    }
    let recovery = Self.recover(tasks, results)
    guard recovery.manifest != nil else { return }
    #expect(recovery.table.count == 40)
    for index in 0..<40 where recovery.seqs[index] > 0 {
      #expect(order[Int(recovery.seqs[index]) - 1] == index, "a result that was never written")
    }
  }

  @Test("how a batch ended reads back as it was written")
  func outcome() throws {
    var progress = BatchProgress()
    progress.counts.add(.ok, 5)
    progress.counts.add(.unknown, 2)
    (progress.retried, progress.isCancelled) = (3, true)
    var durations = Histogram()
    for value in [1, 63, 64, 1_000, 123_456_789] as [UInt64] { durations.record(value) }
    let outcome = BatchOutcome(
      progress: progress, finishedAt: Timestamp(milliseconds: 1_700_000_000_001), resultCount: 7,
      nodeCounts: ["n1": 4, "n \"2\"": 3], durations: durations, damage: "some")
    let json = JSONValue.object { outcome.write(into: &$0) }
    #expect(BatchOutcome(json) == outcome)
    #expect(BatchOutcome(try JSONValue.parse("{}")) == nil)
  }
}
