internal import Clockwork

/// So many lines a second go into the log; of the others there is a count.
struct LineAllowance {
  private static let window = Duration.seconds(1)

  private let lines: Int
  private var windowStart = Instant.zero
  private var taken = 0
  private(set) var leftOut = 0

  init(linesASecond lines: Int) { self.lines = lines }

  enum Verdict: Equatable {
    case line
    /// A sum is due at that moment, when this is the first line that it counts.
    case leftOut(sumDue: Instant?)
  }

  mutating func take(at now: Instant) -> Verdict {
    if now - windowStart >= Self.window { (windowStart, taken) = (now, 0) }
    if taken < lines {
      taken += 1
      return .line
    }
    leftOut += 1
    return .leftOut(sumDue: leftOut == 1 ? windowStart + Self.window : nil)
  }

  /// How many were left out since the last sum.
  mutating func takeSum() -> Int {
    defer { leftOut = 0 }
    return leftOut
  }
}
