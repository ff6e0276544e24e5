import Batch
import Clockwork
import Loop
import Net

/// Batches that an earlier coordinator began, until it is known what nodes hold of them still: then the scheduler gets
/// them, and what runs is not sent a second time.
///
/// Each node of the cluster is asked once which shards it has. A task that may not run twice, and that went to a node
/// which does not answer, waits for that node as long as it would keep the shard.
/// Guarded by: the loop's thread.
final class Takeover {
  private struct Waiting {
    let batch: BatchRecord
    var recovery: BatchRecovery
    var isCancelled: Bool
    /// What came to an open batch meanwhile.
    var additions: [TaskTable] = []
    var isOpen: Bool
  }

  /// What the scheduler is to know of a batch.
  struct Released {
    let batch: BatchRecord
    let table: TaskTable
    /// Results that are certain without it.
    let ends: [TaskEnd]
    let isCancelled: Bool
    let additions: [TaskTable]
    /// It was closed after the additions.
    let isClosed: Bool
  }

  /// Nodes that are in the cluster now, as far as it knows; nil while it has heard of none: then nothing could be sent
  /// anyway, and the nodes may hold all of it still.
  var expectedNodes: () -> [String]? = { [] }
  private var waiting: [Waiting] = []
  /// By batch, what nodes say that they hold.
  private var held: [UUIDv7: [AdoptedShard]] = [:]
  private var asked: Set<String> = []
  private var answered: Set<String> = []
  private var hasBegun = false

  var count: Int { waiting.count }

  func add(_ batch: BatchRecord, _ recovery: consuming BatchRecovery) {
    let (isCancelled, isOpen) = (recovery.isCancelled, recovery.isOpen)
    waiting.append(Waiting(batch: batch, recovery: recovery, isCancelled: isCancelled, isOpen: isOpen))
  }

  /// Whether the scheduler does not have it yet.
  func holds(_ id: UUIDv7) -> Bool { waiting.contains { $0.batch.id == id } }

  func add(_ part: TaskTable, to id: UUIDv7) {
    guard let place = waiting.firstIndex(where: { $0.batch.id == id }) else { return }
    waiting[place].additions.append(part)
  }

  /// False for a batch that the scheduler has.
  func close(_ id: UUIDv7) -> Bool {
    guard let place = waiting.firstIndex(where: { $0.batch.id == id }) else { return false }
    waiting[place].isOpen = false
    return true
  }

  /// False for a batch that the scheduler has.
  func cancel(_ id: UUIDv7) -> Bool {
    guard let place = waiting.firstIndex(where: { $0.batch.id == id }) else { return false }
    waiting[place].isCancelled = true
    return true
  }

  /// Whether this node is to be asked now.
  func mustAsk(_ node: String) -> Bool { asked.insert(node).inserted }

  /// A node that was started again has a new life: what it said before is not so any more.
  func forget(_ node: String) {
    asked.remove(node)
    answered.remove(node)
  }

  /// - Returns: shards of batches that do not wait here any more, or never did.
  func take(_ shards: [HeldShard], of node: String) -> [HeldShard] {
    answered.insert(node)
    var strays: [HeldShard] = []
    for shard in shards {
      if let batch = shard.batch, waiting.contains(where: { $0.batch.id == batch }) {
        let adopted = AdoptedShard(wireID: shard.id, node: node, indexes: shard.indexes.map { UInt32(clamping: $0) })
        held[batch, default: []].append(adopted)
      } else {
        strays.append(shard)
      }
    }
    return strays
  }

  /// A node that could not be asked: nothing is known of it.
  func couldNotAsk(_ node: String) { answered.insert(node) }

  /// Whether all have answered who are there.
  var isReady: Bool { hasBegun && expectedNodes()?.allSatisfy { answered.contains($0) } ?? false }

  func begin() { hasBegun = true }

  /// Hands each batch out, once; or this one alone.
  func release(_ id: UUIDv7? = nil, _ give: (Released) -> Void) {
    let batches = waiting.filter { id == nil || $0.batch.id == id }
    waiting.removeAll { id == nil || $0.batch.id == id }
    for entry in batches {
      let held = held.removeValue(forKey: entry.batch.id) ?? []
      var (table, ends) = entry.recovery.takeOver(entry.batch.id, held: held) { answered.contains($0) }
      table.acceptedAt = entry.batch.createdInstant
      table.isOpen = entry.recovery.isOpen
      table.losses = entry.recovery.losses.map { entry.batch.noted($0) }
      give(
        Released(
          batch: entry.batch, table: table, ends: ends, isCancelled: entry.isCancelled, additions: entry.additions,
          isClosed: entry.recovery.isOpen && !entry.isOpen))
    }
    if waiting.isEmpty { held = [:] }
  }
}
