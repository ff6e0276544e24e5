import Clockwork

/// The politeness owed to one key, over all batches.
///
/// The rate is the generic cell rate algorithm (ITU-T I.371): one moment that each start pushes on by its interval.
struct Limiter: Sendable {
  /// A lane with tasks that stands at the limit.
  struct Waiter: Sendable {
    let batch: SlotKey
    let lane: UInt32
    /// When it came, as a number.
    var ticket: UInt64 = 0
  }

  /// Waiters with one limit, first come, first served.
  struct Line: Sendable {
    let limit: TaskLimit
    var waiters = Fifo<Waiter>()
  }

  let key: TaskKey
  /// Lanes that name it.
  var references: UInt32 = 0
  private(set) var running: UInt32 = 0
  private var dues = RateDues()
  private var lastStart: Instant?
  var lines: [Line] = []
  private var tickets: UInt64 = 0
  /// When a timer is set for it.
  var timerAt: Instant?

  init(key: TaskKey) { self.key = key }

  /// How many tasks with this limit may start now.
  func allowed(_ limit: TaskLimit, at now: Instant) -> Int {
    var allowed = Int.max
    if let concurrency = limit.concurrency { allowed = max(0, concurrency - Int(running)) }
    if let rate = limit.ratePerSecond {
      let credit = now + Self.burst(rate) - max(due(rate), now)
      let starts = credit.inSeconds * rate
      allowed = min(allowed, starts < 0 ? 0 : Int(min(starts + 1e-6, 1e9)) + 1)
    }
    return allowed
  }

  /// When the rate allows the next start.
  func opens(_ limit: TaskLimit, at now: Instant) -> Instant {
    guard let rate = limit.ratePerSecond else { return now }
    return max(now, Instant(nanoseconds: due(rate).nanoseconds - Self.burst(rate).inNanoseconds))
  }

  mutating func started(_ number: Int, _ limit: TaskLimit, at now: Instant) {
    running += UInt32(number)
    if let rate = limit.ratePerSecond {
      dues.begin(rate, due(rate), at: now)
      dues.set(rate, max(due(rate), now) + Duration(secondsClamped: Double(number) / rate))
    }
    if number > 0 { lastStart = now }
  }

  mutating func attemptEnded() { running -= 1 }

  /// Whether nothing would change if it were forgotten.
  func isIdle(at now: Instant) -> Bool { references == 0 && running == 0 && settled <= now }

  /// When nothing is owed to any rate.
  var settled: Instant { dues.settled }

  mutating func wait(_ waiter: Waiter, _ limit: TaskLimit, at now: Instant) {
    if let rate = limit.ratePerSecond { dues.begin(rate, due(rate), at: now) }
    tickets += 1
    var waiter = waiter
    waiter.ticket = tickets
    let line = lines.firstIndex { $0.limit == limit } ?? lines.count
    if line == lines.count { lines.append(Line(limit: limit)) }
    lines[line].waiters.append(waiter)
  }

  /// Whether it is a rate that allows no start now, and not what runs.
  func isAtRate(_ limit: TaskLimit) -> Bool { limit.concurrency.map { running < $0 } ?? true }

  /// A rate that is not counted yet begins one interval behind the last start of the key.
  private func due(_ rate: Double) -> Instant {
    dues[rate] ?? lastStart.map { $0 + Duration(secondsClamped: 1 / rate) } ?? .zero
  }

  /// What may start at once beyond the first task of a rate.
  private static func burst(_ rate: Double) -> Duration {
    let tasks = max(0, (rate * SchedulerLimits.limitBurst.inSeconds).rounded(.down) - 1)
    return Duration(secondsClamped: tasks / rate)
  }
}
