import Batch
import Clockwork
import Testing

/// Feeds a scheduler by hand in virtual time and keeps what it asked for.
struct Driver {
  var scheduler: Scheduler
  var now = Instant.zero
  /// Shards that were sent and have not ended.
  var open: [Shard] = []
  var ends: [UUIDv7: [Int: [TaskEnd]]] = [:]
  var ended: [UUIDv7: BatchProgress] = [:]
  var failed: [FailedAttempt] = []
  var losses: [NodeLossNote] = []
  var ignored: [Scheduler.Ignored] = []
  var cancelled: [ShardID] = []
  /// Tasks that were to be cancelled by themselves.
  var withdrawn: [ShardID: [Int]] = [:]
  /// By the name that they have on their nodes, shards that were taken up again.
  var attached: [UUIDv7: Shard] = [:]
  var wakeAt: Instant?
  /// Whether everything is recounted after each input; too slow for many tasks.
  var recounts = true
  private var generator = SplitMix64(seed: 7)

  init(seed: UInt64 = 1) { scheduler = Scheduler(seed: seed) }

  /// Takes one input and returns the shards that it sent.
  @discardableResult
  mutating func take(_ input: Scheduler.Input) -> [Shard] {
    if let wakeAt, wakeAt <= now { self.wakeAt = nil }
    var effects: [Scheduler.Effect] = []
    scheduler.handle(input, at: now, into: &effects)
    var sent: [Shard] = []
    for effect in effects {
      switch effect {
      case .send(let shard): sent.append(shard)
      case .attach(let shard, let wireID): attached[wireID] = shard
      case .cancelShard(let id, _): cancelled.append(id)
      case .cancelTasks(let id, _, let indices): withdrawn[id, default: []] += indices
      case .dropShard(let id): open.removeAll { $0.id == id }
      case .taskEnded(let end): ends[end.batch, default: [:]][end.index, default: []].append(end)
      case .attemptFailed(let attempt): failed.append(attempt)
      case .nodeLost(let loss): losses.append(loss)
      case .batchEnded(let id, let progress): ended[id] = progress
      case .wake(let at): wakeAt = at
      case .ignored(let why): ignored.append(why)
      }
    }
    open += sent
    if recounts { #expect(scheduler.recountHolds()) }
    return sent
  }

  mutating func node(
    _ name: String, _ availability: NodeReport.Availability = .open, capacity: Int = 100, load: Int = 0,
    types: [String] = ["echo"]
  ) {
    take(.node(NodeReport(name: name, availability: availability, capacity: capacity, load: load, taskTypes: types)))
  }

  mutating func batch(_ fill: (inout TaskTable) -> Void) -> UUIDv7 {
    let id = UUIDv7(at: Timestamp(milliseconds: now.nanoseconds / 1_000_000), using: &generator)
    var table = TaskTable()
    fill(&table)
    take(.batchAdded(id, table))
    return id
  }

  /// A batch of like tasks.
  mutating func batch(
    of count: Int, type: String = "echo", key: String? = nil, limit: TaskLimit? = nil, attempts: Int = 1,
    repeatable: Bool = true, priority: Int = 0
  ) -> UUIDv7 {
    batch { table in
      for _ in 0..<count {
        table.append(
          type: type, key: key.map { TaskKey($0.utf8) }, limit: limit, attempts: attempts, repeatable: repeatable,
          priority: priority)
      }
    }
  }

  /// Ends all tasks of a shard well, and its exchange.
  @discardableResult
  mutating func complete(_ shard: Shard) -> [Shard] {
    let sent = take(
      .attempts(
        shard.id, shard.entries.map { AttemptEnd(index: Int($0.index), outcome: .ok([]), durationMilliseconds: 1) }))
    return sent + end(shard, .finished)
  }

  @discardableResult
  mutating func end(_ shard: Shard, _ how: ShardEnd) -> [Shard] {
    open.removeAll { $0.id == shard.id }
    return take(.shardEnded(shard.id, how))
  }

  @discardableResult
  mutating func fail(
    _ shard: Shard, index: Int, retryable: Bool = true, acted: Bool = true, code: ErrorCode = .timeout,
    begun: Bool = true
  ) -> [Shard] {
    let error = AttemptError(
      code: code, json: Array("{}".utf8)[...], isRetryable: retryable, mayHaveActed: acted, hasBegun: begun)
    return take(.attempts(shard.id, [AttemptEnd(index: index, outcome: .error(error), durationMilliseconds: 1)]))
  }

  /// Lets time pass to the next wake; false when none is asked for.
  @discardableResult
  mutating func wake() -> Bool {
    guard let wakeAt else { return false }
    now = max(now, wakeAt)
    take(.wake)
    return true
  }

  mutating func pass(_ duration: Duration) {
    let end = now + duration
    while let wakeAt, wakeAt <= end { wake() }
    now = end
  }

  /// Completes whatever is open until nothing is.
  mutating func drain() {
    while let shard = open.first { complete(shard) }
  }

  func status(_ id: UUIDv7, _ index: Int) -> TaskState? { ends[id]?[index]?.first?.status }
}
