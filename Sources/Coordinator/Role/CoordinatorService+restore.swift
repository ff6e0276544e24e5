import Batch
import Clockwork
import Loop

/// What an earlier coordinator left in the journal.
extension CoordinatorService {
  func restore(_ contents: JournalOpening.Contents) {
    loop.assertCurrent()
    for left in contents.unreadable {
      let (path, why, effect) = (left.path, left.why, "it is left as it is and not served")
      switch left.kind {
      case .batch: log.error("batch_unreadable", ["path": path, "cause": why, "effect": effect])
      case .pool: log.error("pool_unreadable", ["path": path, "cause": why, "effect": effect])
      }
    }
    for cut in contents.cuts {
      let fields: Log.Fields = [
        "path": cut.path, "from_byte": "\(cut.offset)", "cut_bytes": "\(cut.bytes)", "copy": cut.copy ?? "none",
      ]
      if cut.copy == nil { log.warning("log_tail_cut", fields) } else { log.error("log_damage_cut", fields) }
    }
    restorePools(contents)
    for batch in contents.batches { restore(batch) }
    pools.endRestoring()
    let running = dispatcher.runningBatches
    if !contents.batches.isEmpty {
      log.info("batches_restored", ["batches": "\(contents.batches.count)", "running": "\(running)"])
    }
    dispatcher.book.dropOld(at: WallClock.now)
  }

  /// Before the batches that take from them.
  private func restorePools(_ contents: JournalOpening.Contents) {
    for pool in contents.pools {
      guard let id = pool.recovery.manifest?.id else { continue }
      for (kind, bytes) in pool.bytes {
        (journal.engine as? FileEngine)?.adopt(JournalLog(batch: id, kind: kind), bytes: bytes)
      }
    }
    let running = contents.batches.compactMap { batch in
      if case .running(let recovery) = batch.found, recovery.manifest?.joining != nil { recovery } else { nil }
    }
    pools.restore(contents.pools, running, isWhole: contents.unreadable.allSatisfy { $0.kind != .batch })
  }

  private func restore(_ batch: JournalOpening.Batch) {
    for (kind, bytes) in batch.bytes {
      (journal.engine as? FileEngine)?.adopt(JournalLog(batch: batch.id, kind: kind), bytes: bytes)
    }
    switch batch.found {
    case .ended(let manifest, let outcome, let callback):
      let kept = journal.restore(manifest, outcome)
      let record = BatchRecord(manifest, journal: kept, outcome, now: loop.now)
      if let callback { record.callback = callback }
      dispatcher.book.add(record)
      dispatcher.book.bindKey(of: manifest)
      callbacks.watch(record)
    case .running(let recovery):
      guard let manifest = recovery.manifest else { return }
      let kept = journal.restore(batch.id, recovery)
      let record = BatchRecord(manifest, journal: kept, recovered: recovery, now: loop.now, time: WallClock.now)
      if let damage = record.damage { log.error("batch_damaged", ["batch": batch.id.text, "what": damage]) }
      dispatcher.book.add(record)
      dispatcher.book.bindKey(of: manifest)
      callbacks.watch(record)
      if manifest.isOpen { record.intake = BatchIntake(record, dispatcher, recovery) }
      dispatcher.restore(record, recovery)
      pools.restore(record, recovery)
    }
  }
}
