import Batch
import Clockwork

/// Reading back what a folder holds, and putting its logs into order: only what surely nobody was promised is removed.
extension JournalOpening {
  /// A batch that cannot be read costs no other.
  func readBatches() -> Contents {
    var contents = Contents()
    do throws(JournalError) { try folder.endRemovals() } catch {
      contents.unreadable.append(Unreadable(kind: .pool, path: folder.path, why: error.text))
    }
    let neverMade = readPools(into: &contents)
    do throws(JournalError) {
      for id in try identifiers(in: folder.batches) { readBatch(id, into: &contents) }
    } catch {
      contents.unreadable.append(Unreadable(kind: .batch, path: folder.batches, why: error.text))
    }
    removePools(neverMade, &contents)
    return contents
  }

  /// Ascending: the oldest first.
  func identifiers(in path: String) throws(JournalError) -> [UUIDv7] {
    try JournalFolder.names(in: path).compactMap { UUIDv7($0) }.sorted()
  }

  private func readBatch(_ id: UUIDv7, into contents: inout Contents) {
    do throws(JournalError) {
      if let ended = try readEnded(id, &contents) {
        contents.batches.append(ended)
      } else if let running = try readRunning(id, &contents) {
        contents.batches.append(running)
      } else if let why = try promise(of: id) {
        contents.unreadable.append(Unreadable(kind: .batch, path: folder.path(of: id), why: "\(why); \(Self.wayOut)"))
      } else {
        try folder.remove(id)
      }
    } catch {
      contents.unreadable.append(Unreadable(kind: .batch, path: folder.path(of: id), why: error.text))
    }
  }

  private static let wayOut =
    "put the folder back from a copy and start again, or read what results it has with "
    + "`ignareo results ID --data FOLDER` and delete it"

  /// Nil unless its log of tasks tells that it was accepted.
  private func readRunning(_ id: UUIDv7, _ contents: inout Contents) throws(JournalError) -> Batch? {
    var recovery = BatchRecovery(noteLimit: CoordinatorLimits.attemptsNoted)
    let tasks = JournalLog(batch: id, kind: .tasks)
    let read = try folder.scan(tasks) { offset, payload in
      recovery.takeTask(payload, at: offset)
      return true
    }
    guard let read else { return nil }
    recovery.endTasks(read.scanner)
    guard recovery.manifest != nil else { return nil }
    // What a call brought an open batch without being told that it was taken must not stand before the next one's.
    let end = min(read.end, recovery.promisedEnd)
    try cut(tasks, at: end, read, &contents)
    var bytes: [JournalLog.Kind: Int] = [.tasks: end, .results: 0]
    let results = JournalLog(batch: id, kind: .results)
    let found = try folder.scan(results) { offset, payload in
      recovery.takeResult(payload, at: offset)
      return true
    }
    if let found {
      recovery.endResults(found.scanner)
      try cut(results, at: found.end, found, &contents)
      bytes[.results] = found.end
    }
    return Batch(id: id, found: .running(recovery), bytes: bytes)
  }

  /// Nil unless the record of its end is there, which is enough, whatever its other logs have lost.
  private func readEnded(_ id: UUIDv7, _ contents: inout Contents) throws(JournalError) -> Batch? {
    let log = JournalLog(batch: id, kind: .ended)
    var ended: (manifest: BatchManifest, outcome: BatchOutcome)?
    var callback: CallbackState?
    let read = try folder.scan(log) { _, payload in
      switch JournalRecord(payload) {
      case .ended(let bytes)?: ended = EndedBatch.parse(bytes) ?? ended
      case .called(let bytes)?: callback = CallbackState(bytes) ?? callback
      default: break
      }
      return true
    }
    guard var ended, let read else { return nil }
    var bytes: [JournalLog.Kind: Int] = [.ended: read.end]
    for kind in [JournalLog.Kind.tasks, .results] {
      bytes[kind] = try folder.byteCount(of: JournalLog(batch: id, kind: kind))
    }
    // Without both, a removal by an earlier version may have been broken off.
    guard bytes.count > 1 else { return nil }
    for kind in [JournalLog.Kind.tasks, .results] where bytes[kind] == nil {
      bytes[kind] = 0
      guard kind == .tasks || ended.outcome.resultCount > 0 else { continue }
      ended.outcome.damage = (ended.outcome.damage.map { "\($0); " } ?? "") + "\(kind.rawValue).log is missing"
    }
    // What follows must not stand behind half a record.
    try cut(log, at: read.end, read, &contents)
    return Batch(id: id, found: .ended(ended.manifest, ended.outcome, callback), bytes: bytes)
  }

  /// Why a batch may have been accepted though no log of it says so; nil for one that surely was not.
  private func promise(of id: UUIDv7) throws(JournalError) -> String? {
    if let damage = try damage(of: JournalLog(batch: id, kind: .tasks)) { return damage }
    for kind in [JournalLog.Kind.results, .ended] {
      guard let bytes = try folder.byteCount(of: JournalLog(batch: id, kind: kind)), bytes > 0 else { continue }
      return "tasks.log says of no batch, and there are \(bytes) bytes of its \(kind.rawValue)"
    }
    return nil
  }

  // MARK: Either

  /// What of a log may have been a promise; nil where it is whole but for a torn tail, or not there.
  func damage(of log: JournalLog) throws(JournalError) -> String? {
    guard let read = try folder.scan(log, { _, _ in true }), let first = read.scanner.damage.first else { return nil }
    return "\(read.scanner.damagedBytes) bytes of \(log.kind.rawValue).log are damaged, from byte \(first.offset) on"
  }

  /// Cuts a log off behind what is to stay. What is damaged there may have been a promise: a copy of it stays.
  func cut(
    _ log: JournalLog, at end: Int, _ read: (scanner: RecordScanner, end: Int, bytes: Int), _ contents: inout Contents
  ) throws(JournalError) {
    guard end < read.bytes else { return }
    let copy = read.scanner.damageEnd > end ? try folder.setAside(log, from: end) : nil
    try folder.cut(log, at: end)
    contents.cuts.append(Cut(path: folder.path(of: log), offset: end, bytes: read.bytes - end, copy: copy))
  }
}
