import Batch

/// Open batches.
extension Dispatcher {
  /// More tasks of an open batch, which are durable.
  ///
  /// - Parameter refused: results of those that are never sent.
  func add(_ part: consuming TaskTable, to batch: BatchRecord, refused: [TaskEnd] = []) {
    batch.grow(by: part.count)
    if !refused.isEmpty { keeper.store(refused, of: batch) }
    if takeover.holds(batch.id) {
      takeover.add(part, to: batch.id)
    } else {
      feed(.tasksAdded(batch.id, part))
    }
    batch.tellFollowers()
  }

  /// An open batch whose closing is durable.
  func close(_ batch: BatchRecord) {
    if !takeover.close(batch.id) { feed(.batchClosed(batch.id)) }
    batch.tellFollowers()
  }
}
