import Clockwork

/// How long a loop was away from its descriptors: the longest turn of this second and of the one before.
struct LagMeter {
  private static let window: Duration = .seconds(1)
  private var windowStart = Instant.zero
  private var current: Duration = .zero
  private var previous: Duration = .zero

  mutating func note(_ start: Instant, _ end: Instant) {
    roll(to: end)
    let turn = end - start
    if turn > current { current = turn }
  }

  mutating func peak(at now: Instant) -> Duration {
    roll(to: now)
    return max(current, previous)
  }

  private mutating func roll(to now: Instant) {
    let age = now - windowStart
    guard age >= Self.window else { return }
    previous = age < Self.window * 2 ? current : .zero
    current = .zero
    windowStart = now
  }
}
