import Batch
import Clockwork
import Loop
import Net

/// Batches that an earlier coordinator began, until it is known what nodes hold of them still: then the scheduler gets
/// them, and what runs is not sent a second time.
///
/// Each node of the cluster is asked which shards it has, and asked again while that fails and it may have them still.
/// A task that may not run twice, and that went to a node which does not answer, waits for that node as long as it
/// would keep the shard.
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
  private var waiting: [UUIDv7: Waiting] = [:]
  /// The batches that wait, in the order in which they came.
  private var order: [UUIDv7] = []
  /// By batch, what nodes say that they hold.
  private var held: [UUIDv7: [AdoptedShard]] = [:]
  /// By node, the latest inquiry.
  private var inquiries: [String: Inquiry] = [:]
  private var lastInquiry = 0
  private var hasBegun = false

  /// How far a node is with saying what it holds. Only what has been said settles what became of a task: a node that
  /// could not be asked may have all of it.
  private struct Inquiry {
    let number: Int
    var outage = Outage()
    var retry: LoopTimer?
    var hasAnswered = false
  }

  var count: Int { waiting.count }

  func add(_ batch: BatchRecord, _ recovery: consuming BatchRecovery) {
    let (isCancelled, isOpen) = (recovery.isCancelled, recovery.isOpen)
    order.append(batch.id)
    waiting[batch.id] = Waiting(batch: batch, recovery: recovery, isCancelled: isCancelled, isOpen: isOpen)
  }

  /// Whether the scheduler does not have it yet.
  func holds(_ id: UUIDv7) -> Bool { waiting[id] != nil }

  func add(_ part: TaskTable, to id: UUIDv7) { waiting[id]?.additions.append(part) }

  /// False for a batch that the scheduler has.
  func close(_ id: UUIDv7) -> Bool {
    guard holds(id) else { return false }
    waiting[id]?.isOpen = false
    return true
  }

  /// False for a batch that the scheduler has.
  func cancel(_ id: UUIDv7) -> Bool {
    guard holds(id) else { return false }
    waiting[id]?.isCancelled = true
    return true
  }

  // MARK: What the nodes say

  /// - Returns: the number of a new inquiry, where this node is to be asked now.
  func beginInquiry(of node: String) -> Int? {
    guard inquiries[node] == nil else { return nil }
    lastInquiry += 1
    inquiries[node] = Inquiry(number: lastInquiry)
    return lastInquiry
  }

  /// Whether that is still the node's life that was asked.
  func isCurrent(_ inquiry: Int, of node: String) -> Bool { inquiries[node]?.number == inquiry }

  /// A node that was started again has a new life: what it said before is not so any more.
  func forget(_ node: String) { inquiries.removeValue(forKey: node)?.retry?.cancel() }

  /// - Returns: shards of batches that do not wait here any more, or never did.
  func take(_ shards: [HeldShard], of node: String) -> [HeldShard] {
    inquiries[node]?.hasAnswered = true
    var strays: [HeldShard] = []
    for shard in shards {
      if let batch = shard.batch, holds(batch) {
        let adopted = AdoptedShard(wireID: shard.id, node: node, indexes: shard.indexes.map { UInt32(clamping: $0) })
        held[batch, default: []].append(adopted)
      } else {
        strays.append(shard)
      }
    }
    return strays
  }

  /// The pause before a node that could not be asked is asked again; nil when it would have forgotten what it held.
  func pauseBeforeAsking(_ node: String, at now: Instant) -> Duration? {
    inquiries[node]?.outage.next(at: now, isRefused: false, isLast: false)
  }

  func setRetry(_ timer: LoopTimer, of node: String) { inquiries[node]?.retry = timer }

  func close() {
    for node in Array(inquiries.keys) { forget(node) }
  }

  private func hasAnswered(_ node: String) -> Bool { inquiries[node]?.hasAnswered ?? false }

  /// Whether all have answered who are there.
  var isReady: Bool { hasBegun && expectedNodes()?.allSatisfy(hasAnswered) ?? false }

  func begin() { hasBegun = true }

  /// Hands each batch out, once; or this one alone.
  func release(_ id: UUIDv7? = nil, _ give: (Released) -> Void) {
    let released = order.filter { id == nil || $0 == id }
    order.removeAll { id == nil || $0 == id }
    for entry in released.compactMap({ waiting.removeValue(forKey: $0) }) {
      let held = held.removeValue(forKey: entry.batch.id) ?? []
      var (table, ends) = entry.recovery.takeOver(entry.batch.id, held: held, hasAnswered: hasAnswered)
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
