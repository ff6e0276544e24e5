import Batch
import Clockwork
import Loop

/// Logs as files: `DIR/batches/ID/tasks.log` and so on, written in group commits by two threads and read by a third.
///
/// Logs with much to write have a thread of their own, so that the few bytes of a small batch do not wait until the
/// disk has taken a large one's. What was appended waits in memory until it is written and synced; what comes
/// meanwhile is the next group. Bytes that are not durable are kept in memory, so that after an error they are written
/// again, whatever the kernel did with its copy ("Can applications recover from fsync failures?", Rebello et al.,
/// 2020).
/// Guarded by: the loop's thread; each entry asserts it.
final class FileEngine: JournalEngine, @unchecked Sendable {
  private struct Waiter {
    let end: Int
    let then: () -> Void
  }

  /// One log on the loop's side. Guarded by: the loop's thread.
  private final class Tail {
    let log: JournalLog
    /// The bytes from `start` on.
    var bytes: [UInt8] = []
    var start: Int
    /// What is before it survives a crash.
    var durable: Int
    var waiters: [Waiter] = []
    /// Reads under way, which later ones wait for.
    var reads = 0
    /// The last read failed, which was told.
    var isUnreadable = false
    var place = Place.nowhere
    /// Cuts under way: until they are done nothing more is written, or they would take it with them.
    var cuts = 0
    /// Another one after each cut: a write from before says nothing of what stands there now.
    var generation: UInt64

    init(_ log: JournalLog, bytes: Int = 0, generation: UInt64) {
      (self.log, start, durable, self.generation) = (log, bytes, bytes, generation)
    }

    var end: Int { start + bytes.count }
    var isDurable: Bool { durable == end }
  }

  /// Where a log is on its way to the disk.
  private enum Place: Equatable {
    /// Nothing of it waits.
    case nowhere
    case inLine
    /// In a group of that lane.
    case under(Lane.Kind)
  }

  /// One thread that writes, and the group that it has in hand.
  private struct Lane {
    enum Kind: Int, CaseIterable { case quick, bulk }

    let thread: DiskThread
    var isCommitting = false
    /// What its last group failed of.
    var trouble: JournalTrouble?
  }

  private let loop: EventLoop
  private let log: Log
  private let folder: JournalFolder
  /// By kind.
  private var lanes: [Lane]
  private let reader: DiskThread
  private var tails: [JournalLog: Tail] = [:]
  /// Those with something that is not durable.
  private var line: [Tail] = []
  private var generations: UInt64 = 0
  private var isCommitPlanned = false
  private var retry: LoopTimer?
  private var closing: (() -> Void)?
  private(set) var byteCount = 0
  private(set) var pendingBytes = 0
  private(set) var trouble: JournalTrouble?
  var onTrouble: () -> Void = {}

  let isDurable = true

  init(folder: JournalFolder, on loop: EventLoop, log: Log) throws(LoopError) {
    loop.assertCurrent()
    (self.folder, self.loop, self.log) = (folder, loop, log)
    lanes = [Lane(thread: try DiskThread("journal-quick")), Lane(thread: try DiskThread("journal-bulk"))]
    reader = try DiskThread("journal-read")
  }

  /// Takes over logs that are on disk already, so many bytes long.
  func adopt(_ log: JournalLog, bytes: Int) {
    loop.assertCurrent()
    tails[log] = Tail(log, bytes: bytes, generation: nextGeneration())
    byteCount += bytes
  }

  private func nextGeneration() -> UInt64 {
    generations += 1
    return generations
  }

  // MARK: Writing

  func create(_ log: JournalLog) {
    loop.assertCurrent()
    precondition(tails[log] == nil, "\(log) is there already")
    tails[log] = Tail(log, generation: nextGeneration())
  }

  func append(_ records: [UInt8], to log: JournalLog) -> Int {
    loop.assertCurrent()
    // A batch that is dropped may still get a word.
    guard let tail = tails[log] else { return 0 }
    defer {
      tail.bytes += records
      byteCount += records.count
      pendingBytes += records.count
      putInLine(tail)
      if tail.end - tail.durable > JournalLimits.commitBytes { planCommit() }
    }
    return tail.end
  }

  private func putInLine(_ tail: Tail) {
    guard tail.place == .nowhere, tail.cuts == 0, !tail.isDurable else { return }
    tail.place = .inLine
    line.append(tail)
  }

  func end(of log: JournalLog) -> Int { tails[log]?.end ?? 0 }

  func pendingBytes(of log: JournalLog) -> Int { tails[log].map { $0.end - $0.durable } ?? 0 }

  func makeDurable(_ log: JournalLog, _ then: @escaping () -> Void) {
    loop.assertCurrent()
    guard let tail = tails[log], !tail.isDurable else { return then() }
    tail.waiters.append(Waiter(end: tail.end, then: then))
    planCommit()
  }

  private var isCommitting: Bool { lanes.contains { $0.isCommitting } }

  /// At the end of the loop's turn, so that what it brings goes in one group.
  private func planCommit() {
    guard !isCommitPlanned, retry == nil, lanes.contains(where: { !$0.isCommitting }) else { return }
    isCommitPlanned = true
    loop.execute { [self] in
      isCommitPlanned = false
      if retry == nil { commit() }
    }
  }

  private func commit() {
    for kind in Lane.Kind.allCases where !lanes[kind.rawValue].isCommitting { commit(kind) }
    tellTrouble()
  }

  private func commit(_ kind: Lane.Kind) {
    let group = takeGroup(of: kind)
    guard !group.isEmpty else {
      // What could not be written may have been dropped since: then nothing is left to try the disk with, and what
      // comes next does.
      lanes[kind.rawValue].trouble = nil
      return
    }
    lanes[kind.rawValue].isCommitting = true
    lanes[kind.rawValue].thread.run(
      on: loop, { [folder] in folder.write(group) }, then: { [self] in committed(kind, group, $0) })
  }

  /// The next of those in line that the lane is for, in their order.
  private func takeGroup(of kind: Lane.Kind) -> [JournalWrite] {
    var writes: [JournalWrite] = []
    var bytes = 0
    var rest: [Tail] = []
    for tail in line {
      let waiting = tail.end - tail.durable
      let isOfLane = (waiting > JournalLimits.quickBytes) == (kind == .bulk)
      guard waiting > 0, tail.cuts == 0 else {
        tail.place = .nowhere
        continue
      }
      guard isOfLane, bytes < JournalLimits.groupBytes else {
        rest.append(tail)
        continue
      }
      let part = Array(tail.bytes[(tail.durable - tail.start)...].prefix(JournalLimits.partBytes))
      bytes += part.count
      tail.place = .under(kind)
      writes.append(JournalWrite(log: tail.log, generation: tail.generation, offset: tail.durable, bytes: part))
    }
    line = rest
    return writes
  }

  private func committed(_ kind: Lane.Kind, _ writes: [JournalWrite], _ failures: [JournalTrouble?]) {
    lanes[kind.rawValue].isCommitting = false
    var ready: [Waiter] = []
    for (write, failure) in zip(writes, failures) {
      guard let tail = tails[write.log] else { continue }
      tail.place = .nowhere
      if failure == nil, tail.generation == write.generation {
        tail.durable = write.offset + write.bytes.count
        pendingBytes -= write.bytes.count
        ready += shed(tail)
      }
      putInLine(tail)
    }
    let failure = failures.lazy.compactMap { $0 }.first
    lanes[kind.rawValue].trouble = failure
    if failure != nil, closing == nil { retry = retry ?? planRetry() }
    // Those first: who hears of the trouble takes back what is not durable, and these are.
    for waiter in ready { waiter.then() }
    if retry == nil, failure == nil { commit() } else { tellTrouble() }
    finishClosing()
  }

  private func planRetry() -> LoopTimer {
    loop.schedule(after: JournalLimits.retryInterval) { [weak self] in
      self?.retry = nil
      self?.commit()
    }
  }

  /// Lets go of what is durable, but for a part: what was written of late is what is read first.
  ///
  /// - Returns: who waited for what is durable now.
  private func shed(_ tail: Tail) -> ArraySlice<Waiter> {
    let surplus = tail.durable - tail.start - JournalLimits.keptBytes
    if surplus > JournalLimits.keptBytes {
      tail.bytes.removeSubrange(..<surplus)
      tail.start += surplus
    }
    let ready = tail.waiters.prefix { $0.end <= tail.durable }
    tail.waiters.removeFirst(ready.count)
    return ready
  }

  /// All is well when no lane fails.
  private func tellTrouble() {
    let new = lanes.lazy.compactMap(\.trouble).first
    guard new != trouble else { return }
    trouble = new
    if let new {
      log.warning("journal_trouble", ["cause": new.text, "effect": "no task is sent, no batch is taken"])
    } else {
      log.info("journal_well", [:])
    }
    onTrouble()
  }

  func cut(_ log: JournalLog, at offset: Int, _ then: @escaping () -> Void) {
    loop.assertCurrent()
    guard let tail = tails[log], offset < tail.end else { return then() }
    byteCount -= tail.end - offset
    pendingBytes -= tail.end - max(offset, tail.durable)
    if offset >= tail.start {
      tail.bytes.removeSubrange((offset - tail.start)...)
    } else {
      (tail.bytes, tail.start) = ([], offset)
    }
    tail.durable = min(tail.durable, offset)
    tail.generation = nextGeneration()
    let orphans = tail.waiters.filter { $0.end > offset }
    tail.waiters.removeAll { $0.end > offset }
    tail.cuts += 1
    // A write that is under way may go beyond it.
    behindWrites { [folder] in
      try? folder.cut(log, at: offset)
    } then: { [weak self] in
      tail.cuts -= 1
      self?.putInLine(tail)
      self?.planCommit()
      then()
    }
    for waiter in orphans { waiter.then() }
  }

  func drop(_ batch: UUIDv7, _ then: @escaping () -> Void) {
    loop.assertCurrent()
    for kind in JournalLog.Kind.allCases {
      guard let tail = tails.removeValue(forKey: JournalLog(batch: batch, kind: kind)) else { continue }
      byteCount -= tail.end
      pendingBytes -= tail.end - tail.durable
      line.removeAll { $0 === tail }
      for waiter in tail.waiters { waiter.then() }
    }
    behindWrites(
      { [folder, log] in
        do throws(JournalError) { try folder.remove(batch) } catch {
          log.error(
            "removal_failed",
            ["batch": batch.text, "cause": error.text, "effect": "the next start finds it: delete its folder before"])
        }
      }, then: then)
  }

  // MARK: Reading

  func read(_ log: JournalLog, from offset: Int, count: Int, _ then: @escaping ([UInt8]?) -> Void) {
    loop.assertCurrent()
    guard let tail = tails[log] else { return then(nil) }
    if offset >= tail.start, tail.reads == 0 {
      return then(Array(tail.bytes[min(offset - tail.start, tail.bytes.count)...].prefix(count)))
    }
    let inFile = max(0, min(count, tail.durable - offset))
    // Taken now: by the time the file is read, memory may have let go of it.
    let next = offset + inFile
    let rest =
      inFile < count ? Array(tail.bytes[min(next - tail.start, tail.bytes.count)...].prefix(count - inFile)) : []
    tail.reads += 1
    reader.run(on: loop, { [folder] in folder.read(log, from: offset, count: inFile) }) { [self] bytes in
      tail.reads -= 1
      if bytes == nil, !tail.isUnreadable {
        self.log.warning("journal_unreadable", ["batch": log.batch.text, "log": log.kind.rawValue])
      }
      tail.isUnreadable = bytes == nil
      guard let bytes, bytes.count == inFile, !rest.isEmpty else { return then(bytes) }
      then(bytes + rest)
    }
  }

  /// What was appended is handed to the disk once more, whether anybody asked for it or not.
  func close(_ then: @escaping () -> Void) {
    loop.assertCurrent()
    closing = then
    retry?.cancel()
    retry = nil
    commit()
    finishClosing()
  }

  private func finishClosing() {
    guard let closing, !isCommitting else { return }
    self.closing = nil
    behindWrites({}, then: closing)
  }

  /// Does something on the disk when no thread has a write in hand that was handed over before; in the order of calls.
  private func behindWrites(_ body: @escaping @Sendable () -> Void, then: @escaping () -> Void) {
    let (quick, bulk) = (lanes[Lane.Kind.quick.rawValue].thread, lanes[Lane.Kind.bulk.rawValue].thread)
    quick.run(on: loop, {}) { [loop] in bulk.run(on: loop, body, then: then) }
  }
}
