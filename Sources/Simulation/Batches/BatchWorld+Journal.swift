import Batch
import Clockwork

/// Between the coordinator and its disk.
extension BatchWorld {
  mutating func makeDurable(_ log: VirtualDisk.Log, _ then: VirtualJournal.Continuation) {
    for next in coordinator?.journal.makeDurable(log, then) ?? [] { goOn(next) }
  }

  /// At the end of the coordinator's turn, so that what the turn brings goes in one group.
  mutating func commitIfAsked() {
    guard let journal = coordinator?.journal, journal.isAsked, !journal.isCommitting, !journal.isInTrouble else {
      return
    }
    commit()
  }

  mutating func commit() {
    guard let life = coordinator?.life, coordinator?.journal.isCommitting == false,
      coordinator?.journal.beginCommit() == true
    else { return }
    checkers.idleness.sent("the journal writes", at: now)
    heap.plan(.committed(life: life), at: now + generator.duration(in: sync))
  }

  /// What could not be written may have been refused since: then nothing is left to try the disk with.
  mutating func retryDisk() {
    commit()
    guard let journal = coordinator?.journal, !journal.isCommitting, journal.isInTrouble else { return }
    _ = coordinator?.journal.endCommit(failed: false)
    trace.line(now, "the journal has nothing to write and takes more")
    feed(.hold(false))
  }

  mutating func committed() {
    guard let journal = coordinator?.journal, let life = coordinator?.life else { return }
    let wasInTrouble = journal.isInTrouble
    if !disk.isFull {
      for write in journal.group {
        disk.write(write)
        disk.sync(write.log)
        trace.fold(write.bytes)
      }
    }
    let isFull = disk.isFull
    let ready = coordinator?.journal.endCommit(failed: isFull) ?? []
    if disk.isFull != wasInTrouble {
      trace.line(now, disk.isFull ? "the journal is in trouble" : "the journal is well")
      if disk.isFull { refuseDrafts() }
      feed(.hold(disk.isFull))
    }
    if disk.isFull { heap.plan(.retryDisk(life: life), at: now + VirtualJournal.retryInterval) }
    for next in ready { goOn(next) }
  }

  private mutating func goOn(_ next: VirtualJournal.Continuation) {
    switch next {
    case .accepted(let id): accepted(id)
    case .sent(let shard): transmit(shard)
    case .published(let id, let count): publish(count, of: id)
    case .lastResult(let id, let progress): writeEnd(of: id, progress)
    case .ended(let id, let progress): finished(id, progress)
    case .cancelled(let id):
      guard let life = coordinator?.life, let number = coordinator?.batches[id]?.number else { return }
      heap.plan(.cancelAnswered(number, life: life), at: now + delay())
    }
  }

  // MARK: Results

  /// Writes results down, as `ResultKeeper` does; readers see them once they are durable.
  mutating func store(_ ends: [TaskEnd], of id: UUIDv7) {
    guard coordinator?.batches[id] != nil else { return }
    let log = VirtualDisk.Log(batch: id, kind: .results)
    for end in ends {
      append(end, to: log)
      if fault == .storesTwice, end.index % 10 == 9 { append(end, to: log) }
    }
    let count = coordinator?.batches[id]?.resultCount ?? 0
    if fault == .showsAtOnce { publish(count, of: id) }
    makeDurable(log, .published(id, through: count))
  }

  private mutating func append(_ end: TaskEnd, to log: VirtualDisk.Log) {
    guard var batch = coordinator?.batches[end.batch] else { return }
    batch.resultCount += 1
    batch.seqs[end.index] = UInt32(batch.resultCount)
    if let node = end.node {
      batch.nodeCounts[node, default: 0] += 1
      if batch.nodeNumbers[node] == nil {
        batch.nodeNumbers[node] = UInt16(batch.nodeNumbers.count)
        coordinator?.journal.append(.node(number: UInt16(batch.nodeNumbers.count - 1), name: node), to: log)
      }
    }
    var line: [UInt8] = []
    TaskResult.write(end, seq: batch.resultCount, id: nil, into: &line)
    batch.lines[batch.resultCount] = line
    let record = JournalRecord.ResultRecord(
      seq: UInt32(batch.resultCount), index: UInt32(end.index), status: end.status,
      node: end.node.flatMap { batch.nodeNumbers[$0] }, attempts: UInt16(clamping: end.attempts),
      durationMicroseconds: UInt64(max(0, end.durationMilliseconds * 1000)), line: line[...])
    coordinator?.journal.append(.result(record), to: log)
    coordinator?.batches[end.batch] = batch
  }

  private mutating func publish(_ count: Int, of id: UUIDv7) {
    guard var batch = coordinator?.batches[id] else { return }
    batch.published = max(batch.published, count)
    coordinator?.batches[id] = batch
    read(batch)
  }

  /// Readers follow at once.
  mutating func read(_ batch: VirtualCoordinator.Batch) {
    let lines = checkers.readers.read(batch, at: now)
    figures.results += lines.count
    for line in lines { trace.fold(line) }
  }

  // MARK: The end of a batch

  /// After the last result.
  mutating func end(_ id: UUIDv7, _ progress: BatchProgress) {
    guard let batch = coordinator?.batches[id] else { return }
    coordinator?.batches[id]?.ended = progress
    makeDurable(
      VirtualDisk.Log(batch: id, kind: .results), .lastResult(id, progress.adding(retried: batch.retriedBefore)))
  }

  private mutating func writeEnd(of id: UUIDv7, _ progress: BatchProgress) {
    guard let batch = coordinator?.batches[id] else { return }
    let outcome = BatchOutcome(
      progress: progress, finishedAt: wallClock, resultCount: batch.resultCount, nodeCounts: batch.nodeCounts,
      durations: Histogram())
    let log = VirtualDisk.Log(batch: id, kind: .ended)
    coordinator?.journal.create(log)
    coordinator?.journal.appendEnd(batch.manifest, outcome, to: log)
    makeDurable(log, .ended(id, progress))
  }

  private mutating func finished(_ id: UUIDv7, _ progress: BatchProgress) {
    guard let batch = coordinator?.batches[id] else { return }
    coordinator?.batches[id]?.outcome = progress
    checkers.readers.ended(id)
    let counts = progress.counts
    trace.line(
      now,
      "batch \(batch.number) has ended: \(counts.ok) ok, \(counts.error) error, \(counts.cancelled) cancelled, "
        + "\(counts.unknown) unknown")
    watchTheEnd()
  }
}
