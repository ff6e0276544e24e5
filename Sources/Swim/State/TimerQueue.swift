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

/// The machine's timers; those whose reason has gone are dropped when they are many.
struct TimerQueue: Sendable {
  private var heap = DeadlineHeap<Timer>()
  private static let smallCrowd = 1024
  private var crowd = smallCrowd

  var count: Int { heap.count }
  var next: Instant? { heap.next }

  mutating func set(_ timer: Timer, at deadline: Instant) { heap.put(timer, at: deadline) }

  mutating func pop(until now: Instant) -> Timer? {
    guard let next, next <= now else { return nil }
    return heap.pop()?.value
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
    heap.keep(isWanted)
    crowd = max(Self.smallCrowd, 2 * heap.count)
  }
}
