import Batch
import Clockwork

/// A coordinator's beginning and end.
extension BatchWorld {
  mutating func stopCoordinator(losesPower: Bool) {
    guard let old = coordinator else { return }
    seats[present].disk.breakOff(old.journal.group, using: &generator)
    if losesPower { seats[present].disk.losePower(using: &generator) }
    coordinator = nil
    endOwnMembership()
    for number in exchanges.keys.sorted() where exchanges[number]?.life == old.life { abandon(number) }
  }

  mutating func startCoordinator() {
    guard coordinator == nil else { return }
    seatOfLife.append(present)
    let isFirst = seats[present].life == 0
    seats[present].life = seatOfLife.count
    var clock = VirtualClock()
    clock.setGain(millionths: seats[present].gain, at: now)
    coordinator = VirtualCoordinator(life: seatOfLife.count, clock: clock, seed: generator.next())
    checkers.limits.restarted()
    var cancelled: Set<UUIDv7> = []
    for id in disk.batches {
      guard let recovery = restore(id) else { continue }
      if recovery.isCancelled { cancelled.insert(id) }
    }
    if !isFirst {
      figures.recoveries += 1
      trace.line(now, "coordinator \(seatOfLife.count) begins with \(coordinator?.order.count ?? 0) batches")
    }
    if let coordinator {
      checkers.readers.restarted(coordinator, isCancelled: cancelled.contains, at: now)
      for id in coordinator.order { if let batch = coordinator.batches[id] { read(batch) } }
    }
    beginTakeover()
    beginOwnMembership()
  }

  /// As `JournalOpening` reads a batch and `Dispatcher` takes it over.
  ///
  /// - Returns: what its logs say; nil for one that has ended, or was never accepted.
  private mutating func restore(_ id: UUIDv7) -> BatchRecovery? {
    func log(_ kind: VirtualDisk.Kind) -> VirtualDisk.Log { VirtualDisk.Log(batch: id, kind: kind) }
    if restoreEnded(id) { return nil }
    var recovery = BatchRecovery(noteLimit: 100)
    guard let tasks = disk.bytes(of: log(.tasks)) else {
      disk.remove(id)
      return nil
    }
    let tasksEnd = scan(tasks, { recovery.takeTask($1, at: $0) }, { recovery.endTasks($0) })
    guard let manifest = recovery.manifest else {
      disk.remove(id)
      return nil
    }
    take(log(.tasks), tasksEnd)
    let results = disk.bytes(of: log(.results)) ?? []
    take(log(.results), scan(results, { recovery.takeResult($1, at: $0) }, { recovery.endResults($0) }))
    if !recovery.damage.isEmpty {
      trace.line(now, "batch \(number(of: manifest)): \(recovery.damage.joined(separator: "; "))")
    }
    var batch = VirtualCoordinator.Batch(
      manifest: manifest, number: number(of: manifest), total: recovery.table.count, seqs: recovery.seqs)
    batch.resultCount = recovery.resultCount
    batch.published = recovery.resultCount
    batch.retriedBefore = recovery.retried
    for (number, name) in recovery.nodeNames { batch.nodeNumbers[name] = number }
    for result in JournalRecord.results(in: results) { batch.lines[Int(result.seq)] = Array(result.line) }
    batch.ended = BatchProgress()
    batch.ended?.counts = recovery.table.counts
    adopt(batch)
    coordinator?.takeover.waiting.append(
      VirtualCoordinator.Takeover.Waiting(id: id, recovery: recovery, isCancelled: recovery.isCancelled))
    return recovery
  }

  /// Hands the bytes over in pieces, as they are read.
  ///
  /// - Returns: where the last whole record ends.
  private mutating func scan(
    _ bytes: [UInt8], _ record: (Int, ArraySlice<UInt8>) -> Void, _ end: (RecordScanner) -> Void
  ) -> Int {
    var scanner = RecordScanner()
    let middle = Int.random(in: 0...bytes.count, using: &generator)
    for piece in [bytes[..<middle], bytes[middle...]] {
      _ = scanner.take(Array(piece)) {
        record($0, $1)
        return true
      }
    }
    let found = scanner.finish {
      record($0, $1)
      return true
    }
    end(scanner)
    return found
  }

  /// Cuts a torn tail off and makes the rest durable: what is read may be no more than the memory of a process that was
  /// killed, and readers are about to be shown it.
  private mutating func take(_ log: VirtualDisk.Log, _ end: Int) {
    disk.cut(log, at: end)
    if fault != .trustsTheCache { disk.sync(log) }
    coordinator?.journal.adopt(log, bytes: end)
  }

  private mutating func restoreEnded(_ id: UUIDv7) -> Bool {
    let log = VirtualDisk.Log(batch: id, kind: .ended)
    var found: (BatchManifest, BatchOutcome)?
    var scanner = RecordScanner()
    func take(_ offset: Int, _ payload: ArraySlice<UInt8>) -> Bool {
      if case .ended(let bytes)? = JournalRecord(payload) { found = EndedBatch.parse(bytes) ?? found }
      return found == nil
    }
    if scanner.take(disk.bytes(of: log) ?? [], take) { _ = scanner.finish(take) }
    guard let (manifest, outcome) = found, disk.bytes(of: VirtualDisk.Log(batch: id, kind: .tasks)) != nil else {
      return false
    }
    if fault != .trustsTheCache { disk.sync(log) }
    let total = outcome.progress.counts.total
    var batch = VirtualCoordinator.Batch(
      manifest: manifest, number: number(of: manifest), total: total, seqs: Array(repeating: 0, count: total))
    batch.resultCount = outcome.resultCount
    batch.published = outcome.resultCount
    let results = disk.bytes(of: VirtualDisk.Log(batch: id, kind: .results)) ?? []
    for result in JournalRecord.results(in: results) { batch.lines[Int(result.seq)] = Array(result.line) }
    batch.outcome = outcome.progress
    adopt(batch)
    return true
  }

  private mutating func adopt(_ batch: VirtualCoordinator.Batch) {
    let id = batch.manifest.id
    coordinator?.batches[id] = batch
    coordinator?.order.append(id)
    if let key = batch.manifest.idempotencyKey { coordinator?.keys[key] = id }
  }

  func number(of manifest: BatchManifest) -> Int { manifest.idempotencyKey.flatMap { Int($0.dropFirst()) } ?? 0 }

  /// The calendar's time goes on while no process runs.
  var wallClock: Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + now.nanoseconds / 1_000_000) }
}
