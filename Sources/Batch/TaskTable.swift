package import Clockwork

/// What the scheduler must know of a batch's tasks: 12 bytes a task, and one lane for each set of tasks that differ
/// only in their arguments, at 40 bytes and up to 11 more by which it is found again.
package struct TaskTable: Sendable {
  private(set) var slots = Pieces<TaskSlot>()
  private(set) var lanes: [Lane] = []
  private(set) var kinds: [LaneKind] = []
  /// Names of the task types, by the table's own number.
  package private(set) var typeNames: [String] = []

  private var typeNumbers: [String: UInt32] = [:]
  private(set) var kindNumbers: [LaneKind: UInt32] = [:]
  private(set) var laneIndex = NumberIndex()
  private var latestKind: UInt32?
  private var latestLane: UInt32?

  /// When the batch was accepted, where that is not the moment at which the scheduler gets it.
  package var acceptedAt: Instant?

  /// Whether more tasks may come: such a batch does not end with its last task.
  package var isOpen = false

  /// Shards of the batch that nodes may hold still: a coordinator before this one sent them.
  package var adopted: [AdoptedShard] = []

  /// Nodes that went down under tasks of the batch while coordinators before this one ran it.
  package var losses: [NodeLossNote] = []

  package init() {}

  /// Where the tasks stand.
  package var counts: TaskCounts {
    var counts = TaskCounts()
    for index in slots.indices { counts.add(slots[index].state) }
    return counts
  }

  package func attempts(of index: Int) -> Int { Int(slots[index].attempts) }

  package var count: Int { slots.count }
  /// What a batch may have at most.
  package static let countLimit = SchedulerLimits.tasksInBatch

  /// Adds the task of the next index. `attempts` and `priority` are taken into their limits.
  package mutating func append(
    type: String, key: TaskKey? = nil, limit: TaskLimit? = nil, attempts: Int = 1, repeatable: Bool, priority: Int = 0
  ) {
    let kind = number(
      of: LaneKind(
        type: number(ofType: type), priority: Int8(min(100, max(-100, priority))), hasKey: key != nil, limit: limit))
    slots.append(
      TaskSlot(
        lane: lane(keyHash: key?.hash ?? 0, kind: kind),
        attemptsAllowed: UInt16(min(SchedulerLimits.attempts, max(1, attempts))), isRepeatable: repeatable))
  }

  /// Takes a task's state over as it was kept: queued, or one of the four ends.
  package mutating func restore(_ index: Int, as state: TaskState, attempts: UInt16) {
    precondition(state == .queued || state.hasEnded, "no task is kept as \(state)")
    slots[index].state = state
    slots[index].attempts = attempts
  }

  /// A coordinator before this one may have sent it.
  package mutating func markMayHaveActed(_ index: Int) { slots[index].mayHaveActed = true }

  package func isRepeatable(_ index: Int) -> Bool { slots[index].isRepeatable }

  /// Takes the last tasks away, down to so many.
  package mutating func shorten(to count: Int) { slots.shorten(to: count) }

  private mutating func number(ofType name: String) -> UInt32 {
    if let latestKind, case let type = kinds[Int(latestKind)].type, typeNames[Int(type)] == name { return type }
    if let number = typeNumbers[name] { return number }
    let number = UInt32(typeNames.count)
    typeNames.append(name)
    typeNumbers[name] = number
    return number
  }

  private mutating func number(of kind: LaneKind) -> UInt32 {
    if let latestKind, kinds[Int(latestKind)] == kind { return latestKind }
    let number = kindNumbers[kind] ?? UInt32(kinds.count)
    if number == kinds.count {
      kinds.append(kind)
      kindNumbers[kind] = number
    }
    latestKind = number
    return number
  }

  private mutating func lane(keyHash: UInt64, kind: UInt32) -> UInt32 {
    if let latestLane, lanes[Int(latestLane)].isOf(keyHash, kind) { return latestLane }
    let hash = Lane.hash(keyHash, kind)
    let number: UInt32
    if let known = laneIndex.number(hash: hash, where: { lanes[Int($0)].isOf(keyHash, kind) }) {
      number = known
    } else {
      number = UInt32(lanes.count)
      lanes.append(Lane(keyHash: keyHash, kind: kind))
      laneIndex.insert(number, hash: hash) { [lanes] in lanes[Int($0)].hash }
    }
    latestLane = number
    return number
  }
}

extension Lane {
  func isOf(_ keyHash: UInt64, _ kind: UInt32) -> Bool { self.keyHash == keyHash && self.kind == kind }

  var hash: UInt64 { Self.hash(keyHash, kind) }

  /// Keys are hashes already: their kinds need only keep apart.
  static func hash(_ keyHash: UInt64, _ kind: UInt32) -> UInt64 {
    keyHash ^ (UInt64(kind) &* 0x9e37_79b9_7f4a_7c15) >> 16
  }
}
