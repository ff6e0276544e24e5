/// Lanes of one batch that the same nodes may serve, the highest priority first, and first come first served in each.
struct LaneStream: Sendable {
  struct Level: Sendable {
    let priority: Int8
    var head = TaskSlot.none
    var tail = TaskSlot.none
  }

  /// The queue of turns that this stream stands in while it is not empty.
  let queue: Int
  /// Descending by priority; a level stays when it has run empty.
  private(set) var levels: [Level] = []
  private(set) var laneCount = 0
  /// Whether the queue holds an entry for this stream.
  var hasTurn = false

  init(queue: Int) { self.queue = queue }

  var isEmpty: Bool { laneCount == 0 }

  /// The place in `levels` of the highest priority with a lane; nil when empty.
  var topLevel: Int? { isEmpty ? nil : levels.firstIndex { $0.head != TaskSlot.none } }

  var firstLane: UInt32? { topLevel.map { levels[$0].head } }

  mutating func append(_ lane: UInt32, priority: Int8, in lanes: inout [Lane]) {
    let place = level(of: priority)
    lanes[Int(lane)].next = TaskSlot.none
    if levels[place].head == TaskSlot.none {
      levels[place].head = lane
    } else {
      lanes[Int(levels[place].tail)].next = lane
    }
    levels[place].tail = lane
    laneCount += 1
  }

  mutating func removeFirst(in lanes: inout [Lane]) -> UInt32? {
    guard let place = topLevel else { return nil }
    let lane = levels[place].head
    levels[place].head = lanes[Int(lane)].next
    lanes[Int(lane)].next = TaskSlot.none
    laneCount -= 1
    return lane
  }

  private mutating func level(of priority: Int8) -> Int {
    let place = levels.firstIndex { $0.priority <= priority } ?? levels.count
    if place == levels.count || levels[place].priority != priority {
      levels.insert(Level(priority: priority), at: place)
    }
    return place
  }
}
