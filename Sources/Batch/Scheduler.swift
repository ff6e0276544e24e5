package import Clockwork

/// Decides which task of which batch runs on which node and when, and gives every task exactly one result.
///
/// A machine: inputs in, effects out; time is an argument, chance a seeded generator. Its rules:
/// - **Credit.** A node gets no more than its capacity, and no more than it begins soon (`StartWindow`). The next shard
///   goes to the node with most room and is about 100 ms of that node's measured work (`Scheduler+Dispatch`).
/// - **Turns.** Batches take turns weighted by priority, so that a batch of ten never waits behind a batch of a
///   million; inside a batch a higher priority is sent first (`Turn`, `LaneStream`).
/// - **Keys.** Tasks of one key go to one node by rendezvous hashing with bounded load, within their limit
///   (`Scheduler+Placement`, `Limiter`).
/// - **Ends.** A failed attempt is made again after backoff with full jitter; one that was lost is made again at once
///   if the task is repeatable or surely did not act, and else the task ends `unknown` (`Scheduler+Attempts`).
/// - **Stragglers.** At a batch's end, what takes far too long is started a second time elsewhere
///   (`Scheduler+Hedging`).
/// - **Open batches.** More tasks come while they run; they end when they are closed and empty (`Scheduler+Open`).
/// - **Quarantine.** What takes three nodes down with it is rejected (`Scheduler+Quarantine`).
///
/// Every input costs O(log n) for each task that it names: tasks are 12 bytes each, linked into lanes.
package struct Scheduler: Sendable {
  struct ShardState: Sendable {
    let batchKey: SlotKey
    let node: Int
    /// When it went on its way to its node.
    var sentAt: Instant
    var entries: [Shard.Entry] = []
    /// Entries without an end.
    var remaining = 0
    /// Whether these may wait for their start.
    var isYoung = true

    /// The batch's slot; somebody else's when nothing remains, for the batch may have ended.
    var batch: Int { Int(batchKey.slot) }
  }

  /// A task type that a batch or a node names.
  struct TypeState: Sendable {
    let name: String
    var references = 0
    /// Turns of lanes without a key, which any node of the type may serve.
    let queue: Int
    /// Lanes with a key that no open node can run.
    var homeless: [Limiter.Waiter] = []
  }

  enum TimerKind: Sendable {
    case retry(batch: SlotKey, index: UInt32)
    case limiter(SlotKey)
    case node(SlotKey)
    case cancelling(SlotKey)
    case batch(SlotKey)
    case stragglers(SlotKey)
  }

  struct Timer: Comparable, Sendable {
    let due: Instant
    let kind: TimerKind

    static func < (left: Timer, right: Timer) -> Bool { left.due < right.due }
    static func == (left: Timer, right: Timer) -> Bool { left.due == right.due }
  }

  var random: SplitMix64
  var batches = SlotTable(vacant: BatchState.vacant)
  var batchSlots: [UUIDv7: Int] = [:]
  var batchesSeen: UInt64 = 0
  var nodes = SlotTable(vacant: NodeState.vacant)
  var nodeSlots: [String: Int] = [:]
  /// The slots of all nodes, in the order of their appearance.
  var nodeList: [Int] = []
  /// Queues of keyed lanes, over all nodes; where there is none, no node looks for others to relieve.
  var ownQueueCount = 0
  var types = SlotTable(vacant: TypeState(name: "", queue: 0))
  var typeSlots: [String: Int] = [:]
  var shards = SlotTable(vacant: ShardState(batchKey: SlotKey(slot: 0, generation: 0), node: 0, sentAt: .zero))
  var limiters = SlotTable(vacant: Limiter(key: TaskKey(hash: 0)))
  var limiterSlots: [TaskKey: UInt32] = [:]
  var queues = SlotTable(vacant: MinHeap<Turn>())
  var timers = MinHeap<Timer>()
  /// The largest share that a batch had when its turn came: where a batch that wakes up joins.
  var turn = 0.0
  /// The number of the present round of dispatch.
  var round: UInt64 = 0
  /// Something may be sent by any node now.
  var mustDispatchAll = false
  /// Nothing new is sent: there is no room for results.
  var isHeld = false
  /// Nodes that have more room than before.
  var touchedNodes: [Int] = []
  var wakeAt: Instant?
  /// Batches that look for stragglers when this input has been taken, and those that found no room for a copy.
  var hedgesDue: [SlotKey] = []
  var hedgeSeekers: Set<SlotKey> = []
  /// By shard, the copies that were taken out in this input.
  var withdrawn: [ShardID: [Int]] = [:]
  /// Batches that have suspects waiting.
  var suspectBatches: [SlotKey] = []
  /// Tasks that the node of the shard that is being settled went down with.
  var lostWith: [UInt32] = []
  /// The latest life of a node. The first one is drawn: what the journal holds of lives that schedulers before this one
  /// saw must not be taken for one of these.
  var livesSeen: UInt64
  /// Copies that were ever sent.
  package internal(set) var hedgedTotal = 0

  package init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    var lives = SplitMix64(seed: ~seed)
    livesSeen = lives.next() >> 1
  }

  /// Takes one input. Effects are appended in the order in which they are to be done.
  package mutating func handle(_ input: consuming Input, at now: Instant, into effects: inout [Effect]) {
    fireTimers(at: now, into: &effects)
    switch consume input {
    case .batchAdded(let id, let table): addBatch(id, table, at: now, into: &effects)
    case .tasksAdded(let id, let part): addTasks(part, to: id, at: now, into: &effects)
    case .batchClosed(let id): closeBatch(id, at: now, into: &effects)
    case .node(let report): take(report, at: now)
    case .nodeGone(let name): removeNode(name, at: now, into: &effects)
    case .transmitted(let shard): noteTransmitted(shard, at: now)
    case .attempts(let shard, let ends): take(ends, of: shard, at: now, into: &effects)
    case .shardEnded(let shard, let end): endShard(shard, end, at: now, into: &effects)
    case .cancel(let id): cancelBatch(id, at: now, into: &effects)
    case .hold(let isHeld): hold(isHeld, at: now)
    case .wake: break
    }
    cancelWithdrawn(into: &effects)
    dispatch(at: now, into: &effects)
    hedgeStragglers(at: now, into: &effects)
    askForWake(at: now, into: &effects)
    assert(invariantsHold(), "the scheduler's sums do not hold")
  }

  private mutating func addBatch(
    _ id: UUIDv7, _ table: consuming TaskTable, at now: Instant, into effects: inout [Effect]
  ) {
    guard batchSlots[id] == nil else {
      effects.append(.ignored(.knownBatch(id)))
      return
    }
    precondition(table.count <= SchedulerLimits.tasksInBatch, "a batch of \(table.count) tasks")
    let (adopted, losses) = (table.adopted, table.losses)
    let types = table.typeNames.map { type(named: $0) }
    for type in types { self.types[type].references += 1 }
    batchesSeen += 1
    let batch = BatchState(id: id, order: batchesSeen, addedAt: table.acceptedAt ?? now, table: table, types: types)
    let slot = Int(batches.insert(batch).slot)
    batchSlots[id] = slot
    takeLosses(losses, of: slot)
    for shard in adopted { adopt(shard, of: slot, at: now, into: &effects) }
    batches[slot].linkAll()
    setSuspectsAside(of: slot)
    for lane in batches[slot].lanes.indices { place(lane, of: slot) }
    endIfDone(slot, at: now, into: &effects)
  }

  mutating func endIfDone(_ slot: Int, at now: Instant, into effects: inout [Effect]) {
    guard batches[slot].hasEnded else { return }
    let id = batches[slot].id
    effects.append(.batchEnded(id, progress(inSlot: slot)))
    for lane in batches[slot].lanes.indices { releaseLimiter(of: lane, in: slot, at: now) }
    for use in batches[slot].types { releaseType(use.type) }
    batchSlots[id] = nil
    batches.remove(slot)
  }

  private mutating func hold(_ isHeld: Bool, at now: Instant) {
    let opens = self.isHeld && !isHeld
    self.isHeld = isHeld
    guard opens else { return }
    mustDispatchAll = true
    wakeHedgeSeekers(at: now)
  }

  /// The slot of a type, made on first use; the caller counts its reference.
  mutating func type(named name: String) -> Int {
    if let slot = typeSlots[name] { return slot }
    let queue = Int(queues.insert(MinHeap()).slot)
    let slot = Int(types.insert(TypeState(name: name, queue: queue)).slot)
    typeSlots[name] = slot
    return slot
  }

  mutating func releaseType(_ slot: Int) {
    types[slot].references -= 1
    guard types[slot].references == 0 else { return }
    queues.remove(types[slot].queue)
    typeSlots[types[slot].name] = nil
    types.remove(slot)
  }
}
