import Batch
import Clockwork

/// All batches that the coordinator knows, and the idempotency keys under which they came.
///
/// Guarded by: the loop's thread.
final class BatchBook {
  /// What a key was used for.
  enum KeyUse {
    /// The submission is still being read.
    case reading
    case taken(BatchManifest.Digest, UUIDv7)
  }

  let journal: Journal
  private var batches: [UUIDv7: BatchRecord] = [:]
  /// Ascending: ids are born in order.
  private var order: [UUIDv7] = []
  private var keys: [String: KeyUse] = [:]
  private var keyOfBatch: [UUIDv7: String] = [:]
  let keep: Retention
  /// Drops something else that nobody needs any more; false when there is nothing.
  var dropUsedUp: () -> Bool = { false }
  /// Told of each batch that is no longer kept.
  var onRemoved: (BatchRecord) -> Void = { _ in }

  init(journal: Journal, keep: Retention) { (self.journal, self.keep) = (journal, keep) }

  subscript(id: UUIDv7) -> BatchRecord? { batches[id] }

  /// Newest first.
  var all: some Sequence<BatchRecord> { order.reversed().lazy.compactMap { [batches] in batches[$0] } }

  func add(_ batch: BatchRecord) {
    batches[batch.id] = batch
    order.append(batch.id)
    if order.count > 1, order[order.count - 2] > batch.id { order.sort() }
  }

  /// Calls `then` once no later coordinator can find it.
  func remove(_ id: UUIDv7, _ then: @escaping () -> Void = {}) {
    guard let batch = batches.removeValue(forKey: id) else { return then() }
    onRemoved(batch)
    if let place = order.firstIndex(of: id) { order.remove(at: place) }
    if let key = keyOfBatch.removeValue(forKey: id) { keys[key] = nil }
    journal.drop(id, then)
  }

  // MARK: Keeping within bounds

  /// Whether there is room for another batch or result, once ended ones have made way, the oldest first: they stay to
  /// be read until then. Running ones never do.
  func makeRoom() -> Bool {
    while journal.byteCount > keep.bytes {
      guard dropUsedUp() || dropOldestEnded(before: nil) else { return false }
    }
    return true
  }

  /// Drops the ended batches that are too old, or too many.
  func dropOld(at now: Timestamp) {
    let oldest = Timestamp(milliseconds: now.milliseconds - keep.age.inNanoseconds / 1_000_000)
    while dropOldestEnded(before: oldest) {}
    while batches.count > CoordinatorLimits.batchesKept, dropOldestEnded(before: nil) {}
  }

  /// Those whose end somebody waits to be told make way last.
  private func dropOldestEnded(before time: Timestamp?) -> Bool {
    var waiting: UUIDv7?
    let oldest = order.first { id in
      guard let batch = batches[id], let outcome = batch.outcome, time.map({ outcome.finishedAt < $0 }) ?? true else {
        return false
      }
      guard batch.callback?.isPending == true else { return true }
      waiting = waiting ?? id
      return false
    }
    guard let oldest = oldest ?? waiting else { return false }
    remove(oldest)
    return true
  }

  // MARK: Idempotency keys

  func use(ofKey key: String) -> KeyUse? { keys[key] }
  func reserve(key: String) { keys[key] = .reading }
  func release(key: String) { keys[key] = nil }

  /// The key and what came under it, as the batch's manifest says.
  func bindKey(of batch: BatchManifest) {
    guard let key = batch.idempotencyKey, let digest = batch.digest else { return }
    keys[key] = .taken(digest, batch.id)
    keyOfBatch[batch.id] = key
  }
}
