import Batch
import Clockwork

/// A coordinator's process: the production scheduler and the journal's memory, and around them what `Dispatcher`,
/// `ResultKeeper` and `BatchBook` do.
struct VirtualCoordinator {
  /// As `BatchRecord` and `BatchJournal` keep it.
  struct Batch {
    let manifest: BatchManifest
    /// Of the submitter's batches.
    let number: Int
    let total: Int
    /// By index: the `seq` of its result, 0 for none.
    var seqs: [UInt32]
    var resultCount = 0
    var nodeNumbers: [String: UInt16] = [:]
    var nodeCounts: [String: Int] = [:]
    /// Result lines by `seq`.
    var lines: [Int: [UInt8]] = [:]
    /// Results that readers may see.
    var published = 0
    var retriedBefore = 0
    /// The scheduler's last word.
    var ended: BatchProgress?
    /// Nil while it runs.
    var outcome: BatchProgress?
  }

  /// A node as the cluster's gossip and the node itself describe it.
  struct Known {
    var report: NodeReport
    var silences = 0
  }

  /// A submission that is not durable yet.
  struct Draft {
    let number: Int
    let manifest: BatchManifest
    let table: TaskTable
  }

  let life: Int
  var clock: VirtualClock
  var scheduler: Scheduler
  var journal = VirtualJournal()
  var batches: [UUIDv7: Batch] = [:]
  /// Ascending.
  var order: [UUIDv7] = []
  var keys: [String: UUIDv7] = [:]
  var drafts: [UUIDv7: Draft] = [:]
  var latestID: UUIDv7?

  var inputs: [Scheduler.Input] = []
  var isFeeding = false
  var wakeAt: Instant?
  /// Shards that wait for the intent to send them to be durable: how many of their entries go out.
  var preparing: [ShardID: (shard: Shard, sent: Int, wireID: UUIDv7)] = [:]
  var exchanges: [ShardID: Int] = [:]
  /// Shards that the scheduler counts as sent.
  var open: [ShardID: Shard] = [:]

  var known: [Int: Known] = [:]
  /// Nodes that gossip holds alive or suspect, and which it holds suspect.
  var polled: Set<Int> = []
  var suspects: Set<Int> = []
  var leaving: Set<Int> = []
  /// Exchanges that broke and are being taken up again, by node.
  var detached: [Int: Set<Int>] = [:]

  /// What waits until nodes have said what they hold.
  struct Takeover {
    struct Waiting {
      let id: UUIDv7
      let recovery: BatchRecovery
      var isCancelled: Bool
    }

    var waiting: [Waiting] = []
    var held: [UUIDv7: [AdoptedShard]] = [:]
    var asked: Set<Int> = []
    var answered: Set<Int> = []
    /// Whether nodes that appear may hold something from before.
    var isUnderWay = false
  }

  var takeover = Takeover()
  /// By node, shards from before that wait for it to be seen.
  var unseen: [String: [(shard: Shard, wireID: UUIDv7)]] = [:]

  init(life: Int, clock: VirtualClock, seed: UInt64) {
    (self.life, self.clock) = (life, clock)
    scheduler = Scheduler(seed: seed)
  }

  /// As the API shows it.
  func progress(of id: UUIDv7) -> BatchProgress? {
    guard let batch = batches[id] else { return nil }
    if let outcome = batch.outcome { return outcome }
    if let progress = scheduler.progress(of: id) ?? batch.ended { return progress.adding(retried: batch.retriedBefore) }
    return nil
  }

  var hasRunning: Bool { batches.values.contains { $0.outcome == nil } }
}
