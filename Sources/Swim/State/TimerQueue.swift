import Clockwork

/// What the machine does later. A timer whose reason has gone is found out when it fires, not taken out before.
enum Timer: Sendable, Equatable {
  case probe
  case probeTimeout(UInt32)
  case probeEnd(UInt32)
  case relay(UInt32)
  case gossip
  case pushPull
  case exchange(Swim.OutgoingExchange)
  case suspicion(name: String, number: UInt64)
  case join(round: UInt64)
  case redial
  case redialAgain(name: String, address: Swim.Address, triesLeft: Int)
  case complain(period: UInt64)
  case claimName
  case leave
  case housekeeping
}

/// A binary heap by deadline; equal deadlines in the order in which they were set.
struct TimerQueue: Sendable {
  private struct Entry: Sendable {
    let deadline: Instant
    let order: UInt64
    let timer: Timer

    func isBefore(_ other: Entry) -> Bool { (deadline, order) < (other.deadline, other.order) }
  }

  private var heap: [Entry] = []
  private var orders: UInt64 = 0
  private static let smallCrowd = 1024
  private var crowd = smallCrowd

  var count: Int { heap.count }
  var next: Instant? { heap.first?.deadline }

  mutating func set(_ timer: Timer, at deadline: Instant) {
    orders += 1
    heap.append(Entry(deadline: deadline, order: orders, timer: timer))
    var child = heap.count - 1
    while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop(until now: Instant) -> Timer? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].isBefore(heap[least]) { least = child }
      }
      guard least != parent else { return first.timer }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  mutating func removeAll() {
    heap.removeAll()
    crowd = Self.smallCrowd
  }

  /// Whether there are so many that it is time to `keep` only those with a reason. A member that is accused and refutes
  /// thousands of times a second, as a forger can have it, leaves a timer behind each time.
  var isCrowded: Bool { heap.count > crowd }

  /// Drops the timers that `isWanted` refuses. The next crowd is twice what is left, so that this costs each timer a
  /// bounded number of looks.
  mutating func keep(_ isWanted: (Timer) -> Bool) {
    // A sorted array is a heap.
    heap = heap.filter { isWanted($0.timer) }.sorted { $0.isBefore($1) }
    crowd = max(Self.smallCrowd, 2 * heap.count)
  }
}
