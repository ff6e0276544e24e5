/// A moment on a monotonic clock whose zero means nothing: only differences count.
///
/// Machines are handed one as `now`; they own no clock. The loop takes it from CLOCK_MONOTONIC, a simulator from its
/// virtual time.
package struct Instant: Comparable, Hashable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static let zero = Instant(nanoseconds: 0)
  /// Later than every other moment: "never".
  package static let distantFuture = Instant(nanoseconds: .max)

  package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

  /// Saturates at `distantFuture`, so that a deadline of "never" stays never.
  package static func + (left: Instant, right: Duration) -> Instant {
    let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.inNanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }

  package static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(left.nanoseconds &- right.nanoseconds)
  }

  package static func += (left: inout Instant, right: Duration) { left = left + right }
}

extension Duration {
  /// Whole nanoseconds, saturating at 292 years.
  package var inNanoseconds: Int64 {
    // What is below nine seconds needs no division of 128 bits.
    if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
    let (seconds, attoseconds) = components
    let (high, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, overflowed) = high.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflowed ? (seconds < 0 ? .min : .max) : sum
  }

  package var inSeconds: Double { Double(inNanoseconds) / 1e9 }
  package var inMilliseconds: Double { Double(inNanoseconds) / 1e6 }

  /// A duration from a user's number of seconds; what is negative or no number counts as zero, what is too large as
  /// 292 years.
  package init(secondsClamped seconds: Double) {
    guard seconds > 0 else {
      self = .zero
      return
    }
    self = seconds < 9e9 ? .nanoseconds(Int64(seconds * 1e9)) : .nanoseconds(Int64.max)
  }
}
