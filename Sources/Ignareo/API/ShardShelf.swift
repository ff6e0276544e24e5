internal import Clockwork
internal import Loop

/// The shards that a node holds, and the bounds of what it keeps of their results.
///
/// Guarded by: the pool's loop.
final class ShardShelf {
  /// How long, and how much.
  struct Bounds {
    /// From an exchange's break until the shard's tasks are cancelled.
    var grace = Limits.shardGrace
    /// From a shard's end until its results are forgotten.
    var keptFor = Limits.shardResultsKeptFor
    /// Of results of shards that have ended; and as much of those that run.
    var bytes = Limits.shardResultBytes
    /// Of a shard that runs and that nobody reads, before it begins no more tasks.
    var backlog = Limits.shardBacklogBytes
  }

  let bounds: Bounds
  private(set) var shards: [UUIDv7: ShardRun] = [:]
  /// What is kept of shards that run or are being read, in bytes.
  private(set) var activeBytes = 0
  /// What is kept of shards that have ended.
  private(set) var restingBytes = 0
  /// In the order in which they came to rest; those that were taken up again or let go are passed over.
  private var resting = FIFO<(shard: ShardRun, turn: Int)>()
  private var turns = 0
  /// Every shard that was taken since is here, or its coordinator let it go: whoever asks for another was never heard.
  private(set) var knowsSince = MonotonicClock.now
  /// Shards that a coordinator was told to be unknown: their requests may still lie unread on a connection that broke,
  /// and must not begin any more.
  private var denied: Set<UUIDv7> = []
  private var deniedInOrder = FIFO<UUIDv7>()

  init(_ bounds: Bounds) { self.bounds = bounds }

  subscript(id: UUIDv7) -> ShardRun? { shards[id] }

  /// Whether shards without a reader should begin nothing more.
  var isFull: Bool { activeBytes > bounds.bytes }

  func add(_ shard: ShardRun) {
    shards[shard.id] = shard
    activeBytes += shard.weight
  }

  /// - Parameter isDone: its coordinator has said that it needs nothing of it any more.
  func remove(_ shard: ShardRun, isDone: Bool) {
    guard shards.removeValue(forKey: shard.id) != nil else { return }
    if !isDone { knowsSince = max(knowsSince, shard.receivedAt) }
    if shard.restingTurn != nil { restingBytes -= shard.weight } else { activeBytes -= shard.weight }
    shard.restingTurn = nil
    while let first = resting.first, first.shard.restingTurn != first.turn { _ = resting.popFirst() }
  }

  // MARK: Shards that are not here

  func isDenied(_ id: UUIDv7) -> Bool { denied.contains(id) }

  /// A shard that is not here shall not come any more.
  func deny(_ id: UUIDv7) {
    guard denied.insert(id).inserted else { return }
    deniedInOrder.append(id)
    if deniedInOrder.count > Limits.deniedShards, let oldest = deniedInOrder.popFirst() { denied.remove(oldest) }
  }

  // MARK: Bounds

  /// It has more results than before.
  func grew(_ shard: ShardRun, by bytes: Int) {
    activeBytes += bytes
    trim()
  }

  /// Lets go of lines that were sent, the oldest of the shard that has most of them, while shards that run hold too
  /// much.
  func trim() {
    while activeBytes > bounds.bytes, let heaviest = shards.values.max(by: { $0.sentWeight < $1.sentWeight }) {
      let before = heaviest.weight
      heaviest.forgetSent(by: heaviest.sentWeight / 2 + 1)
      guard heaviest.weight < before else { return }
      activeBytes -= before - heaviest.weight
    }
  }

  /// It has ended and nobody reads it. Where such shards are too much, those that came first are let go, but of the
  /// newest only lines that were sent: its results may be what its coordinator is about to ask for.
  func rest(_ shard: ShardRun) {
    guard shards[shard.id] === shard, shard.restingTurn == nil else { return }
    turns += 1
    shard.restingTurn = turns
    resting.append((shard, turns))
    activeBytes -= shard.weight
    restingBytes += shard.weight
    while restingBytes > bounds.bytes, let first = resting.first, first.turn != turns {
      _ = resting.popFirst()
      if first.shard.restingTurn == first.turn { first.shard.letGo(isDone: false) }
    }
    let (before, excess) = (shard.weight, restingBytes - bounds.bytes)
    if excess > 0 { shard.forgetSent(by: excess) }
    restingBytes -= before - shard.weight
  }

  /// It is read again.
  func wake(_ shard: ShardRun) {
    guard shard.restingTurn != nil else { return }
    shard.restingTurn = nil
    restingBytes -= shard.weight
    activeBytes += shard.weight
  }
}
