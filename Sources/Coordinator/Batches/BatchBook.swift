import Clockwork

/// All batches that the coordinator knows, and the idempotency keys under which they came.
///
/// Guarded by: the loop's thread.
final class BatchBook {
  /// What a key was used for.
  enum KeyUse {
    /// The submission is still being read.
    case reading
    case taken(BodyDigest, UUIDv7)
  }

  private let journal: any Journal
  private var batches: [UUIDv7: BatchRecord] = [:]
  /// Ascending: ids are born in order.
  private var order: [UUIDv7] = []
  private var keys: [String: KeyUse] = [:]
  private var keyOfBatch: [UUIDv7: String] = [:]
  private let byteLimit: Int

  /// - Parameter byteLimit: of tasks and results; beyond it the oldest ended batches make way.
  init(journal: any Journal, byteLimit: Int) { (self.journal, self.byteLimit) = (journal, byteLimit) }

  subscript(id: UUIDv7) -> BatchRecord? { batches[id] }

  /// Newest first.
  var all: some Sequence<BatchRecord> { order.reversed().lazy.compactMap { [batches] in batches[$0] } }

  func add(_ batch: BatchRecord) {
    batches[batch.id] = batch
    order.append(batch.id)
    if order.count > 1, order[order.count - 2] > batch.id { order.sort() }
  }

  func remove(_ id: UUIDv7) {
    guard batches.removeValue(forKey: id) != nil else { return }
    if let place = order.firstIndex(of: id) { order.remove(at: place) }
    if let key = keyOfBatch.removeValue(forKey: id) { keys[key] = nil }
    journal.drop(id)
  }

  // MARK: Keeping within bounds

  /// Whether there is room for another batch or result, once ended ones have made way: they stay to be read until then.
  func makeRoom() -> Bool {
    while journal.byteCount > byteLimit {
      guard dropOldestEnded() else { return false }
    }
    return true
  }

  private func dropOldestEnded() -> Bool {
    guard let oldest = order.first(where: { batches[$0]?.outcome != nil }) else { return false }
    remove(oldest)
    return true
  }

  // MARK: Idempotency keys

  func use(ofKey key: String) -> KeyUse? { keys[key] }
  func reserve(key: String) { keys[key] = .reading }
  func release(key: String) { keys[key] = nil }

  func bind(key: String, to batch: UUIDv7, _ digest: BodyDigest) {
    keys[key] = .taken(digest, batch)
    keyOfBatch[batch] = key
  }
}
