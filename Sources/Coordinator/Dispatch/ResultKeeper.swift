import Batch
import Clockwork
import Loop

/// Writes results and ends of batches into their journals and shows them once they are durable, those of one batch in
/// the order in which they came.
///
/// Guarded by: the loop's thread.
final class ResultKeeper {
  private enum Entry {
    /// And what of them is hidden until they are durable.
    case results([TaskEnd], TaskCounts)
    case mark(() -> Void)
    case ended(BatchProgress)
  }

  private let loop: EventLoop
  private let log: Log
  /// Told after each step that may have filled the room for results.
  var onStored: () -> Void = {}
  /// Batches whose end is on its way to the disk.
  private(set) var ending = 0
  /// What waits behind a read of the tasks' own names.
  private var waiting: [UUIDv7: [Entry]] = [:]

  init(loop: EventLoop, log: Log) { (self.loop, self.log) = (loop, log) }

  func store(_ ends: [TaskEnd], of batch: BatchRecord) { take(.results(ends, batch.hide(ends)), of: batch) }

  /// Calls `then` once all that came before of the batch is durable.
  func mark(_ batch: BatchRecord, _ then: @escaping () -> Void) { take(.mark(then), of: batch) }

  func end(_ batch: BatchRecord, _ progress: BatchProgress) {
    ending += 1
    take(.ended(progress), of: batch)
  }

  private func take(_ entry: Entry, of batch: BatchRecord) {
    if waiting[batch.id] != nil {
      waiting[batch.id]?.append(entry)
    } else {
      perform(entry, of: batch)
    }
  }

  private func perform(_ entry: Entry, of batch: BatchRecord) {
    switch entry {
    case .results(let ends, let hidden) where batch.hasIDs:
      waiting[batch.id] = []
      appendNamed(ends, hidden, to: batch)
    case .results(let ends, let hidden): append(ends, hidden, [:], to: batch)
    case .mark(let then): batch.journal.makeResultsDurable(then)
    case .ended(let progress): finish(batch, progress)
    }
  }

  /// Without the names that a submitter gave its tasks he could not tell results apart: they wait until those can be
  /// read.
  private func appendNamed(_ ends: [TaskEnd], _ hidden: TaskCounts, to batch: BatchRecord) {
    batch.journal.readTasks(ends.map(\.index)) { [self] read in
      guard case .success(let tasks) = read else {
        loop.schedule(after: CoordinatorLimits.readRetry) { [self] in appendNamed(ends, hidden, to: batch) }
        return
      }
      append(ends, hidden, tasks, to: batch)
      let next = waiting.removeValue(forKey: batch.id) ?? []
      for entry in next { take(entry, of: batch) }
    }
  }

  private func append(_ ends: [TaskEnd], _ hidden: TaskCounts, _ tasks: [Int: JournalTask], to batch: BatchRecord) {
    var line: [UInt8] = []
    var settled: [(index: Int, end: ItemsEnd)] = []
    for end in ends {
      line.removeAll(keepingCapacity: true)
      TaskResult.write(end, seq: batch.journal.resultCount + 1, id: tasks[end.index]?.id, into: &line)
      let items = batch.feeder == nil ? ItemsEnd.used : ItemsEnd(end)
      if batch.feeder != nil { settled.append((end.index, items)) }
      batch.journal.appendResult(line[...], of: end, items: items)
    }
    batch.note(ends)
    let count = batch.journal.resultCount
    batch.journal.makeResultsDurable { [loop, settled] in
      batch.publish(count, hidden, at: loop.now)
      if !settled.isEmpty { batch.feeder?.ended(settled) }
    }
    onStored()
  }

  private func finish(_ batch: BatchRecord, _ progress: BatchProgress) {
    batch.journal.makeResultsDurable { [self] in
      // Of a batch that has ended its own logs are not read again: its pools must know what it used.
      if let feeder = batch.feeder {
        feeder.keepUses { [self] in close(batch, progress) }
      } else {
        close(batch, progress)
      }
    }
  }

  private func close(_ batch: BatchRecord, _ progress: BatchProgress) {
    let now = WallClock.now
    let outcome = batch.kept(progress, at: now)
    batch.journal.end(batch.manifest, outcome) { [self] in
      ending -= 1
      batch.finish(progress, at: now)
      let counts = progress.counts
      log.info(
        "batch_ended",
        [
          "batch": batch.id.text, "ok": "\(counts.ok)", "error": "\(counts.error)",
          "cancelled": "\(counts.cancelled)", "unknown": "\(counts.unknown)",
        ])
    }
  }
}
