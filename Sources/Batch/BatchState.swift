import Clockwork

/// A batch as its submitter sees it.
package struct BatchProgress: Sendable, Equatable {
  package var counts = TaskCounts()
  /// Attempts made after a task's first one, losses included.
  package var retried = 0
  /// Tasks that were started a second time while the first attempt still ran.
  package var hedged = 0
  package var isCancelled = false
  /// What holds back the tasks that wait; nil when none waits.
  package var waitingFor: WaitingReason?
  /// Types of waiting tasks that no node has.
  package var missingTaskTypes: [String] = []

  package init() {}

  package func adding(retried: Int) -> BatchProgress {
    var sum = self
    sum.retried += retried
    return sum
  }
}

/// One running batch inside the scheduler.
struct BatchState: Sendable {
  /// A task type as this batch uses it.
  struct TypeUse: Sendable {
    /// The slot of the type in the scheduler.
    let type: Int
    var waiting = 0
  }

  let id: UUIDv7
  /// Batches that came earlier come first among equals.
  let order: UInt64
  let addedAt: Instant
  private(set) var tasks: Pieces<TaskSlot>
  /// Nil once nothing more comes.
  var opening: BatchOpening?
  var lanes: [Lane]
  var kinds: [LaneKind]
  var types: [TypeUse]
  var streams: [LaneStream] = []
  /// By the queue of turns, the place in `streams`.
  var streamOfQueue: [Int: Int] = [:]
  private(set) var counts = TaskCounts()
  var retried = 0
  var watch = StragglerWatch()
  var losses = LossBook()
  private(set) var hasRepeatable = false

  /// How much of its share it has had: tasks sent over weight.
  var pass = 0.0
  /// Tasks in streams: what could be sent if there were room.
  var ready = 0
  /// Tasks in lanes that wait at a limit.
  var limited = 0
  /// Streams that stand in a queue of turns.
  var turnsHeld = 0
  var shares = BatchShares()
  /// Its tasks cannot be had for the moment: its lanes rest.
  var rests = false
  /// The next index to look at while the batch is being cancelled.
  var cancelFrom: Int?

  init(id: UUIDv7, order: UInt64, addedAt: Instant, table: consuming TaskTable, types: [Int]) {
    self.id = id
    self.order = order
    self.addedAt = addedAt
    self.types = types.map { TypeUse(type: $0) }
    opening = table.isOpen ? BatchOpening(table, types: types) : nil
    tasks = table.slots
    lanes = table.lanes
    kinds = table.kinds
  }

  /// Counts the tasks and puts those that wait into their lanes, but for suspects: when the table is gone, or every
  /// piece of it would be copied.
  mutating func linkAll() {
    for index in tasks.indices {
      let task = tasks[index]
      counts.add(task.state)
      hasRepeatable = hasRepeatable || task.isRepeatable
      guard task.state == .queued else { continue }
      if isSuspect(index) {
        types[type(of: task)].waiting += 1
      } else {
        link(index, atFront: false)
      }
    }
    for lane in lanes { types[Int(kinds[Int(lane.kind)].type)].waiting += Int(lane.count) }
  }

  static let vacant: BatchState = {
    var generator = SplitMix64(seed: 0)
    let id = UUIDv7(at: Timestamp(milliseconds: 0), using: &generator)
    return BatchState(id: id, order: 0, addedAt: .zero, table: TaskTable(), types: [])
  }()

  var isCancelled: Bool { cancelFrom != nil }
  var hasEnded: Bool { opening == nil && counts.ended == tasks.count }
  /// Whether it is open and has nothing to do.
  var isIdle: Bool { opening != nil && counts.ended == tasks.count }

  func type(of task: TaskSlot) -> Int { Int(kind(of: Int(task.lane)).type) }

  func kind(of lane: Int) -> LaneKind { kinds[Int(lanes[lane].kind)] }

  func key(of lane: Int) -> TaskKey? { kind(of: lane).hasKey ? TaskKey(hash: lanes[lane].keyHash) : nil }

  func priority(of lane: UInt32) -> Int8 { kind(of: Int(lane)).priority }

  /// Adds a task that is in no lane yet.
  mutating func append(_ task: TaskSlot) {
    tasks.append(task)
    counts.add(task.state)
    hasRepeatable = hasRepeatable || task.isRepeatable
    if task.state == .queued { types[type(of: task)].waiting += 1 }
  }

  /// The only place where a task changes its state, so that the counts are the tasks'.
  mutating func move(_ index: Int, to state: TaskState) {
    let old = tasks[index].state
    let (waited, waits) = (old == .queued || old == .backoff, state == .queued || state == .backoff)
    tasks[index].state = state
    counts.add(old, -1)
    counts.add(state)
    if waited != waits { types[type(of: tasks[index])].waiting += waits ? 1 : -1 }
  }

  mutating func mark(_ index: Int, isHedged: Bool) { tasks[index].isHedged = isHedged }

  mutating func mark(_ index: Int, hasLosses: Bool) { tasks[index].hasLosses = hasLosses }

  mutating func noteActed(_ index: Int) { tasks[index].mayHaveActed = true }

  /// Before the tasks are counted: writes one down as running.
  mutating func begin(_ index: Int, in shard: Int) {
    tasks[index].state = .running
    tasks[index].link = UInt32(shard)
  }

  mutating func setAttempts(_ attempts: UInt16, of index: Int) { tasks[index].attempts = attempts }

  mutating func setShard(_ slot: Int, of index: Int) { tasks[index].link = UInt32(slot) }

  /// Puts a queued task at its lane's end, or at its front when it was there before.
  mutating func link(_ index: Int, atFront: Bool) {
    let lane = Int(tasks[index].lane)
    if lanes[lane].head == TaskSlot.none {
      tasks[index].link = TaskSlot.none
      (lanes[lane].head, lanes[lane].tail) = (UInt32(index), UInt32(index))
    } else if atFront {
      tasks[index].link = lanes[lane].head
      lanes[lane].head = UInt32(index)
    } else {
      tasks[index].link = TaskSlot.none
      tasks[Int(lanes[lane].tail)].link = UInt32(index)
      lanes[lane].tail = UInt32(index)
    }
    lanes[lane].count += 1
  }

  /// Takes the first task out of a lane that is not empty.
  mutating func unlinkFirst(of lane: Int) -> Int {
    let index = Int(lanes[lane].head)
    lanes[lane].head = tasks[index].link
    if lanes[lane].head == TaskSlot.none { lanes[lane].tail = TaskSlot.none }
    lanes[lane].count -= 1
    return index
  }

  /// Empties all lanes: the batch sends nothing more.
  mutating func dropLanes() {
    for lane in lanes.indices {
      lanes[lane].head = TaskSlot.none
      lanes[lane].tail = TaskSlot.none
      lanes[lane].count = 0
      lanes[lane].place = .nowhere
    }
    streams = []
    streamOfQueue = [:]
    (ready, limited, turnsHeld) = (0, 0, 0)
    losses.dropWaiting()
  }
}
