import Clockwork
import JSON

@testable import Batch

/// A batch's two logs, in any state. Whatever they hold is read without a trap, in any pieces alike, and what comes of
/// it holds together: each task has one place and one state, and no task has two results.
///
/// A record with a wrong checksum is never looked into, and no mutation finds a right one: so the input's first byte
/// says whether the rest is the bytes of a log, or payloads that are framed here. A payload begins with its length.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  guard let form = bytes.first else { return 0 }
  var (tasks, results) = halves(Array(bytes.dropFirst()))
  if form & 1 == 0 { (tasks, results) = (framed(tasks), framed(results)) }
  let whole = scan(tasks, .whole)
  for cut in [Cut.uneven, .single] {
    require(scan(tasks, cut) == whole, "pieces of a log are read otherwise than the whole")
  }
  // More tasks than a small input can hold come from indices alone: they cost memory and show nothing.
  guard !(whole.records + scan(results, .whole).records).contains(where: { isFar($0.payload) }) else { return 0 }
  checkRecovery(tasks, results)
  return 0
}

private let mostTasks = 2_000

/// Two bytes say where the second log begins.
private func halves(_ bytes: [UInt8]) -> ([UInt8], [UInt8]) {
  guard bytes.count >= 2 else { return (bytes, []) }
  let place = (Int(bytes[0]) << 8 | Int(bytes[1])) % (bytes.count - 1)
  return (Array(bytes[2...].prefix(place)), Array(bytes[2...].dropFirst(place)))
}

/// Payloads, each behind a byte with its length, as a log of records.
private func framed(_ bytes: [UInt8]) -> [UInt8] {
  var log: [UInt8] = []
  var rest = bytes[...]
  while let length = rest.popFirst() {
    let payload = rest.prefix(Int(length))
    rest = rest.dropFirst(Int(length))
    // Length 0 is none: the bytes stand there as damage does.
    log += payload.isEmpty ? [length] : RecordFrame.framed(Array(payload))
  }
  return log
}

extension RecordFrame {
  fileprivate static func framed(_ payload: [UInt8]) -> [UInt8] {
    func bytes(_ word: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
    let checked = bytes(UInt32(payload.count)) + payload
    return bytes(marker) + bytes(CRC32C.checksum(checked[...])) + checked
  }
}

private struct Scanned: Equatable {
  struct Record: Equatable {
    let offset: Int
    let payload: [UInt8]
  }

  var records: [Record] = []
  var damage: [RecordScanner.Damage] = []
  var damagedBytes = 0
  var end = 0
}

private func scan(_ log: [UInt8], _ cut: Cut) -> Scanned {
  var scanned = Scanned()
  var scanner = RecordScanner()
  func take(_ offset: Int, _ payload: ArraySlice<UInt8>) -> Bool {
    scanned.records.append(.init(offset: offset, payload: Array(payload)))
    return true
  }
  for piece in cut.pieces(log) { _ = scanner.take(piece, take) }
  scanned.end = scanner.finish(take)
  (scanned.damage, scanned.damagedBytes) = (scanner.damage, scanner.damagedBytes)
  let held = scanned.records.reduce(0) { $0 + RecordFrame.headBytes + $1.payload.count }
  require(held + scanned.damagedBytes == scanned.end && scanned.end <= log.count, "bytes that are neither")
  require(zip(scanned.records, scanned.records.dropFirst()).allSatisfy { $0.offset < $1.offset }, "records go back")
  for record in scanned.records { checkRecord(record.payload) }
  return scanned
}

/// What is written reads again to the same.
private func checkRecord(_ payload: [UInt8]) {
  guard let record = JournalRecord(payload[...]) else { return }
  var writer = RecordWriter()
  record.write(into: &writer)
  let written = writer.bytes
  let again = unwrap(JournalRecord(written[RecordFrame.headBytes...]), "a record does not read again: \(record)")
  writer = RecordWriter()
  again.write(into: &writer)
  require(writer.bytes == written, "\(record) reads otherwise once written")
}

private func isFar(_ payload: [UInt8]) -> Bool {
  switch JournalRecord(payload[...]) {
  case .task(let task)?: task.index > mostTasks
  case .accepted(let total, _)?: total > mostTasks
  default: false
  }
}

private func checkRecovery(_ tasks: [UInt8], _ results: [UInt8]) {
  var recovery = BatchRecovery(noteLimit: 10)
  var scanner = RecordScanner()
  func takeTask(_ offset: Int, _ payload: ArraySlice<UInt8>) -> Bool {
    recovery.takeTask(payload, at: offset)
    return true
  }
  _ = scanner.take(tasks, takeTask)
  _ = scanner.finish(takeTask)
  recovery.endTasks(scanner)
  require(recovery.promisedEnd <= tasks.count, "a promise behind the log's end")
  scanner = RecordScanner()
  func takeResult(_ offset: Int, _ payload: ArraySlice<UInt8>) -> Bool {
    recovery.takeResult(payload, at: offset)
    return true
  }
  _ = scanner.take(results, takeResult)
  _ = scanner.finish(takeResult)
  recovery.endResults(scanner)

  let count = recovery.table.count
  let given = recovery.seqs.filter { $0 > 0 }
  require(recovery.seqs.count == count && recovery.table.counts.total == count, "tasks without a place")
  require(Set(given).count == given.count, "one number for two results")
  require(given.allSatisfy { $0 <= recovery.resultCount }, "a result behind the last one")
  require(recovery.table.counts.ended == given.count, "a state that is no result's")
  require(recovery.notes.count <= 10 && recovery.lostTasks.allSatisfy { $0 < count }, "beyond the bounds")
  for index in recovery.sent.keys { require(recovery.seqs[Int(index)] == 0, "a task with a result is under way") }
  takeOver(recovery)
}

/// A scheduler gets it, and ends it.
private func takeOver(_ recovery: BatchRecovery) {
  guard let manifest = recovery.manifest else { return }
  let held = recovery.sent.values.prefix(3).map {
    AdoptedShard(wireID: $0.shard, node: $0.node, indexes: Array(recovery.sent.keys))
  }
  var (table, ends) = recovery.takeOver(manifest.id, held: Array(held)) { $0.utf8.count % 2 == 0 }
  table.isOpen = recovery.isOpen
  table.losses = recovery.losses.map {
    NodeLossNote(
      batch: manifest.id, node: $0.node, life: $0.life, at: .zero, trialSize: Int($0.trialSize), indexes: $0.indexes)
  }
  let total = table.count
  var (results, seen) = (given(recovery) + ends.count, Set(ends.map(\.index)))
  require(seen.count == ends.count, "two results from the journal alone")
  var scheduler = Scheduler(seed: 1)
  var effects: [Scheduler.Effect] = []
  scheduler.handle(.batchAdded(manifest.id, table), at: .zero, into: &effects)
  scheduler.handle(.cancel(manifest.id), at: .zero, into: &effects)
  for name in Set(held.map(\.node)) { scheduler.handle(.nodeGone(name: name), at: .zero, into: &effects) }
  var second = Instant.zero
  while results < total, second < .zero + .seconds(100) {
    for case .taskEnded(let end) in effects {
      require(seen.insert(end.index).inserted && recovery.seqs[end.index] == 0, "a second result of \(end.index)")
      results += 1
    }
    for case .attach(let shard, _) in effects {
      var more: [Scheduler.Effect] = []
      scheduler.handle(.shardEnded(shard.id, .broken), at: second, into: &more)
      for case .taskEnded(let end) in more {
        require(seen.insert(end.index).inserted, "a second result of \(end.index)")
        results += 1
      }
    }
    effects = []
    second = second + .seconds(1)
    scheduler.handle(.wake, at: second, into: &effects)
  }
  require(results == total, "\(results) results of \(total) tasks")
}

private func given(_ recovery: BatchRecovery) -> Int { recovery.seqs.count { $0 > 0 } }
