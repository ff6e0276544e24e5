import Clockwork

/// The politeness owed to one key, over all batches.
///
/// The rate is the generic cell rate algorithm (ITU-T I.371): one moment that each start pushes on by its interval.
struct Limiter: Sendable {
  /// A lane with tasks that stands at the limit.
  struct Waiter: Sendable {
    let batch: SlotKey
    let lane: UInt32
  }

  let key: TaskKey
  /// Lanes that name it.
  var references = 0
  private(set) var running = 0
  /// The moment at which one more start would be exactly in time.
  private(set) var due = Instant.zero
  /// First come, first served.
  var waiters = Fifo<Waiter>()
  /// When a timer is set for it.
  var timerAt: Instant?

  init(key: TaskKey) { self.key = key }

  /// How many tasks with this limit may start now.
  func allowed(_ limit: TaskLimit, at now: Instant) -> Int {
    var allowed = Int.max
    if let concurrency = limit.concurrency { allowed = max(0, concurrency - running) }
    if let rate = limit.ratePerSecond {
      let credit = now + Self.burst(rate) - max(due, now)
      let starts = credit.inSeconds * rate
      allowed = min(allowed, starts < 0 ? 0 : Int(min(starts + 1e-6, 1e9)) + 1)
    }
    return allowed
  }

  /// When the rate allows the next start.
  func opens(_ limit: TaskLimit, at now: Instant) -> Instant {
    guard let rate = limit.ratePerSecond else { return now }
    return max(now, Instant(nanoseconds: due.nanoseconds - Self.burst(rate).inNanoseconds))
  }

  mutating func started(_ number: Int, _ limit: TaskLimit, at now: Instant) {
    running += number
    guard let rate = limit.ratePerSecond else { return }
    due = max(due, now) + Duration(secondsClamped: Double(number) / rate)
  }

  mutating func attemptEnded() { running -= 1 }

  /// Whether nothing would change if it were forgotten.
  func isIdle(at now: Instant) -> Bool { references == 0 && running == 0 && due <= now }

  /// What may start at once beyond the first task of a rate.
  private static func burst(_ rate: Double) -> Duration {
    let tasks = max(0, (rate * SchedulerLimits.limitBurst.inSeconds).rounded(.down) - 1)
    return Duration(secondsClamped: tasks / rate)
  }
}

/// A queue with amortized constant cost at both ends.
struct Fifo<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var first: Element? { isEmpty ? nil : elements[head] }
  var count: Int { elements.count - head }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func removeFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    head += 1
    if head >= 64, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }
}
