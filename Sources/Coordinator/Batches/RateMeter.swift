import Clockwork

/// How many results a second come, over the last five to ten seconds.
struct RateMeter {
  private static let window: Duration = .seconds(5)

  private var windowStart: Instant
  private var inWindow = 0
  private var previous: (count: Int, length: Duration)?

  init(since: Instant) { windowStart = since }

  mutating func count(_ number: Int, at now: Instant) {
    turn(at: now)
    inWindow += number
  }

  /// Results a second; zero when none came for long.
  mutating func rate(at now: Instant) -> Double {
    turn(at: now)
    let length = (now - windowStart) + (previous?.length ?? .zero)
    let number = inWindow + (previous?.count ?? 0)
    return number == 0 ? 0 : Double(number) / max(length.inSeconds, 0.001)
  }

  private mutating func turn(at now: Instant) {
    let age = now - windowStart
    guard age >= Self.window else { return }
    previous = (inWindow, age)
    (windowStart, inWindow) = (now, 0)
  }
}
