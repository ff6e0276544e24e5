import Batch
import Clockwork
import Loop

/// What an earlier coordinator left of pools.
extension PoolBook {
  /// - Parameter batches: what running ones tell of items.
  func restore(_ pools: [JournalOpening.FoundPool], _ batches: [BatchRecovery], isWhole: Bool) {
    var recoveries = Dictionary(uniqueKeysWithValues: pools.map { ($0.recovery.manifest!.id, $0.recovery) })
    for batch in batches { batch.forEachTake { pool, use, end in recoveries[pool]?.noteTaken(use, end) } }
    for id in recoveries.keys {
      let lost = batches.compactMap { $0.lostTakes(of: id) }
      guard !lost.isEmpty || !isWhole else { continue }
      recoveries[id]?.mayLackTakes = true
      // Nobody knows what a batch that cannot be read took, nor of which pools: until it can be, or is deleted, no item
      // is given that it may have.
      recoveries[id]?.lostTakes = isWhole ? lost.reduce(0, +) : .max
      if !isWhole {
        log.error("pool_withheld", ["pool": id.text, "why": "a batch that may take from it is unreadable"])
      }
    }
    for recovery in recoveries.values.sorted(by: { $0.manifest!.id < $1.manifest!.id }) { restore(recovery) }
    found = recoveries
  }

  private func restore(_ recovery: PoolRecovery) {
    guard let manifest = recovery.manifest else { return }
    let damage = recovery.damage.isEmpty ? nil : recovery.damage.joined(separator: "; ")
    if let damage { log.error("pool_damaged", ["pool": manifest.name, "what": damage]) }
    let kept = PoolJournal(manifest.id, journal.engine, recovery)
    let pool = PoolRecord(manifest, kept, isClosed: recovery.isClosed, damage: damage, self)
    if !recovery.unwritten.isEmpty { kept.append(recovery.unwritten) }
    keys[manifest.name] = AdditionKeys(recovery.additions)
    hold(pool, recovery.pool())
  }

  /// A batch that runs still: its tasks without a result hold their items.
  func restore(_ batch: BatchRecord, _ recovery: borrowing BatchRecovery) {
    guard let sources = batch.manifest.joining?.sources else { return }
    begin(batch)
    var tasks: [(index: Int, items: [ItemUse])] = []
    for index in recovery.seqs.indices where recovery.seqs[index] == 0 {
      let uses = recovery.taken[index * sources.count..<(index + 1) * sources.count]
      tasks.append(
        (index, zip(uses, sources).map { use, source in found[source.pool]?.isHeld(use) == true ? use : .none }))
    }
    feed(.held(batch.id, tasks))
  }

  func endRestoring() { found = [:] }
}

extension BatchRecovery {
  /// What the batch's tasks took: the pool, the use, and what became of it; nil for a task without a result.
  fileprivate func forEachTake(_ body: (UUIDv7, ItemUse, ItemsEnd?) -> Void) {
    guard let sources = manifest?.joining?.sources else { return }
    for index in seqs.indices {
      let end = seqs[index] == 0 ? nil : itemsEnds[UInt32(index)] ?? .used
      for (place, source) in sources.enumerated() { body(source.pool, taken[index * sources.count + place], end) }
    }
  }

  /// How many items of a pool it may have taken without a word of it being left; nil where none can be.
  fileprivate func lostTakes(of pool: UUIDv7) -> Int? {
    guard !damage.isEmpty, let sources = manifest?.joining?.sources,
      let place = sources.firstIndex(where: { $0.pool == pool })
    else { return nil }
    return unpromisedTasks + seqs.indices.count { taken[$0 * sources.count + place].use == 0 }
  }
}
