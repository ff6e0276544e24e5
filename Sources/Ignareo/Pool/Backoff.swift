internal import Clockwork
internal import Glibc

/// How long to pause after a failure: longer after each one, up to a bound, and at random, so that many who failed
/// together do not come back together.
///
/// Exponential backoff with jitter: Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
struct Backoff: Sendable {
  /// Before jitter: the pause after the first failure, and the longest of all.
  var first: Duration
  var longest: Duration
  /// How much longer each pause is than the one before it. Less than 1 counts as 1.
  var factor = 2.0
  var jitter = Retry.Jitter.full

  /// - Parameter failures: how many there were so far, counted from 1.
  func pause(afterFailures failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
    let whole = wholePause(afterFailures: failures)
    switch jitter {
    case .full: return generator.jitter(upTo: whole)
    case .equal: return whole / 2 + generator.jitter(upTo: whole / 2)
    case .none: return whole
    }
  }

  /// Without jitter.
  func wholePause(afterFailures failures: Int) -> Duration {
    guard first > .zero else { return .zero }
    guard first < longest else { return max(.zero, longest) }
    // Infinite after enough failures, which is compared like any other number.
    let growth = pow(max(1, factor), Double(max(1, failures) - 1))
    let nanoseconds = Double(first.inNanoseconds) * growth
    return nanoseconds < Double(longest.inNanoseconds) ? .nanoseconds(Int64(nanoseconds)) : longest
  }
}
