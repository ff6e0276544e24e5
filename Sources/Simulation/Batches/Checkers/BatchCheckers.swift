import Batch
import Clockwork

/// Everybody who watches a virtual coordinator and its nodes.
struct BatchCheckers {
  var results = ResultChecker()
  var repeats = RepeatChecker()
  var readers = ReaderChecker()
  var sums = SumChecker()
  var limits = LimitChecker()
  var liveness = LivenessChecker()
  var idleness = IdleChecker()
  var quarantine = QuarantineChecker()

  /// Asked after each event.
  var haveFailed: Bool {
    !(results.failures.isEmpty && repeats.failures.isEmpty && readers.failures.isEmpty && sums.failures.isEmpty
      && limits.failures.isEmpty && liveness.failures.isEmpty && idleness.failures.isEmpty
      && quarantine.failures.isEmpty)
  }

  var failures: [Failure] {
    results.failures + repeats.failures + readers.failures + sums.failures + limits.failures + liveness.failures
      + idleness.failures + quarantine.failures
  }
}

extension Instant {
  var text: String { "\(nanoseconds / 1_000_000) ms" }
}
