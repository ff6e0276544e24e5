import Clockwork

extension SplitMix64 {
  mutating func happens(_ chance: Double) -> Bool {
    chance > 0 && Double.random(in: 0..<1, using: &self) < chance
  }

  mutating func duration(in range: ClosedRange<Duration>) -> Duration {
    range.lowerBound + jitter(upTo: range.upperBound - range.lowerBound)
  }
}
