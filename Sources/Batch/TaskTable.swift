package import Clockwork

/// What the scheduler must know of a batch's tasks: 16 bytes a task, and one lane for each set of tasks that differ
/// only in their arguments.
package struct TaskTable: Sendable {
  var slots: [TaskSlot] = []
  var lanes: [Lane] = []
  /// Names of the task types, by the table's own number.
  package private(set) var typeNames: [String] = []

  private var typeNumbers: [String: UInt32] = [:]
  private var laneNumbers: [LaneIdentity: UInt32] = [:]
  private var latest: LaneIdentity?
  private var latestLane: UInt32 = 0

  /// When the batch was accepted, where that is not the moment at which the scheduler gets it.
  package var acceptedAt: Instant?

  package init() {}

  package func attempts(of index: Int) -> Int { Int(slots[index].attempts) }

  package var count: Int { slots.count }
  /// What a batch may have at most.
  package static let countLimit = SchedulerLimits.tasksInBatch

  package mutating func reserveCapacity(_ count: Int) { slots.reserveCapacity(count) }

  /// Adds the task of the next index. `attempts` and `priority` are taken into their limits.
  package mutating func append(
    type: String, key: TaskKey? = nil, limit: TaskLimit? = nil, attempts: Int = 1, repeatable: Bool, priority: Int = 0
  ) {
    let identity = LaneIdentity(
      type: number(ofType: type), priority: Int8(min(100, max(-100, priority))), key: key, limit: limit)
    slots.append(
      TaskSlot(
        lane: lane(for: identity), attemptsAllowed: UInt16(min(SchedulerLimits.attempts, max(1, attempts))),
        isRepeatable: repeatable))
  }

  /// Takes a task's state over as it was kept: queued, or one of the four ends.
  package mutating func restore(_ index: Int, as state: TaskState, attempts: UInt16) {
    precondition(state == .queued || state.hasEnded, "no task is kept as \(state)")
    slots[index].state = state
    slots[index].attempts = attempts
  }

  /// The table without what is needed only while it is being filled.
  mutating func seal() {
    typeNumbers = [:]
    laneNumbers = [:]
  }

  private mutating func number(ofType name: String) -> UInt32 {
    if let latest, typeNames[Int(latest.type)] == name { return latest.type }
    if let number = typeNumbers[name] { return number }
    let number = UInt32(typeNames.count)
    typeNames.append(name)
    typeNumbers[name] = number
    return number
  }

  private mutating func lane(for identity: LaneIdentity) -> UInt32 {
    if latest == identity { return latestLane }
    latest = identity
    if let lane = laneNumbers[identity] {
      latestLane = lane
    } else {
      latestLane = UInt32(lanes.count)
      lanes.append(Lane(identity: identity))
      laneNumbers[identity] = latestLane
    }
    return latestLane
  }
}

/// One task in the scheduler: 16 bytes.
struct TaskSlot: Sendable {
  static let none = UInt32.max

  let lane: UInt32
  /// While queued the next task of its lane; while running its shard's slot.
  var link = TaskSlot.none
  /// Attempts that count.
  var attempts: UInt16 = 0
  let attemptsAllowed: UInt16
  var state = TaskState.queued
  let isRepeatable: Bool

  init(lane: UInt32, attemptsAllowed: UInt16, isRepeatable: Bool) {
    self.lane = lane
    self.attemptsAllowed = attemptsAllowed
    self.isRepeatable = isRepeatable
  }
}
