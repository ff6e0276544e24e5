/// How far this process trusts itself (Lifeguard, section IV.A): 0 is healthy. It judges others more slowly as it
/// rises.
struct Awareness: Sendable, Equatable {
  private(set) var score = 0
  private let limit: Int

  init(maxMultiplier: Int) { limit = maxMultiplier - 1 }

  mutating func change(by delta: Int) { score = min(max(score + delta, 0), limit) }

  func scaled(_ interval: Duration) -> Duration { interval * (score + 1) }
}
