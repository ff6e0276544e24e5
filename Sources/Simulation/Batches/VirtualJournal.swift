import Batch
import Clockwork

/// The coordinator's side of the disk, as `FileEngine` and `BatchJournal` keep it: what was appended waits in memory
/// until a group of writes has made it durable, and what waits for that goes on then.
struct VirtualJournal {
  typealias Log = VirtualDisk.Log

  /// What goes on once a log is durable up to a place.
  enum Continuation {
    case accepted(UUIDv7)
    case sent(ShardID)
    case published(UUIDv7, through: Int)
    case lastResult(UUIDv7, BatchProgress)
    case ended(UUIDv7, BatchProgress)
    case cancelled(UUIDv7)
  }

  private struct Waiter {
    let end: Int
    let then: Continuation
  }

  private struct Tail {
    /// From `durable` on.
    var bytes: [UInt8] = []
    var durable = 0
    /// What was appended and not handed over yet: nothing asks for it to be durable.
    var writer = RecordWriter()
    var waiters: [Waiter] = []

    var end: Int { durable + bytes.count }
  }

  /// In trouble, the disk is tried again so often.
  static let retryInterval = Duration.milliseconds(500)

  private var tails: [Log: Tail] = [:]
  /// What is being written.
  private(set) var group: [VirtualDisk.Write] = []
  private(set) var isInTrouble = false
  /// Somebody waits for what is not being written yet.
  private(set) var isAsked = false

  var isCommitting: Bool { !group.isEmpty }

  mutating func create(_ log: Log) { tails[log] = Tail() }
  mutating func adopt(_ log: Log, bytes: Int) { tails[log] = Tail(durable: bytes) }

  mutating func drop(_ batch: UUIDv7) {
    for kind in VirtualDisk.Kind.allCases { tails[Log(batch: batch, kind: kind)] = nil }
  }

  mutating func append(_ record: JournalRecord, to log: Log) { tails[log]?.writer.append(record) }

  mutating func appendEnd(_ manifest: BatchManifest, _ outcome: BatchOutcome, to log: Log) {
    tails[log]?.writer.bytes += EndedBatch.record(manifest, outcome)
  }

  mutating func makeDurable(_ log: Log, _ then: Continuation) -> [Continuation] {
    flush(log)
    guard let tail = tails[log], !tail.bytes.isEmpty else { return [then] }
    tails[log]?.waiters.append(Waiter(end: tail.end, then: then))
    isAsked = true
    return []
  }

  private mutating func flush(_ log: Log) {
    guard var tail = tails[log], !tail.writer.bytes.isEmpty else { return }
    tail.bytes += tail.writer.bytes
    tail.writer.bytes = []
    tails[log] = tail
  }

  /// Makes a group of all that was handed over; false when there is nothing.
  mutating func beginCommit() -> Bool {
    isAsked = false
    group = tails.keys.sorted().compactMap { log in
      guard let tail = tails[log], !tail.bytes.isEmpty else { return nil }
      return VirtualDisk.Write(log: log, offset: tail.durable, bytes: tail.bytes)
    }
    return isCommitting
  }

  /// The group is on the disk, or could not be written.
  ///
  /// - Returns: what goes on now.
  mutating func endCommit(failed: Bool) -> [Continuation] {
    defer { group = [] }
    isInTrouble = failed
    guard !failed else { return [] }
    var ready: [Continuation] = []
    for write in group {
      guard var tail = tails[write.log], tail.durable == write.offset else { continue }
      tail.bytes.removeFirst(write.bytes.count)
      tail.durable += write.bytes.count
      ready += tail.waiters.prefix { $0.end <= tail.durable }.map(\.then)
      tail.waiters.removeAll { $0.end <= tail.durable }
      tails[write.log] = tail
    }
    isAsked = tails.values.contains { !$0.bytes.isEmpty }
    return ready
  }
}

extension RecordWriter {
  mutating func append(_ record: JournalRecord) { record.write(into: &self) }
}
