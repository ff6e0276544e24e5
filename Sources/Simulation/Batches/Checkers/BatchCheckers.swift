import Batch
import Clockwork

/// Everybody who watches a virtual coordinator and its nodes.
struct BatchCheckers {
  var results = ResultChecker()
  var repeats = RepeatChecker()
  var sums = SumChecker()
  var liveness = LivenessChecker()
  var idleness = IdleChecker()
  var quarantine = QuarantineChecker()
  var fairness = FairnessChecker()
  /// Of each coordinator: what its readers see, and whether it keeps its limits. `present` is the one that it is about.
  private var ofSeats: [(readers: ReaderChecker, limits: LimitChecker)] = []
  var present = 0

  mutating func take(_ seats: Int) { ofSeats = (0..<seats).map { _ in (ReaderChecker(), LimitChecker()) } }

  var readers: ReaderChecker {
    _read { yield ofSeats[present].readers }
    _modify { yield &ofSeats[present].readers }
  }

  var limits: LimitChecker {
    _read { yield ofSeats[present].limits }
    _modify { yield &ofSeats[present].limits }
  }

  /// Asked after each event.
  var haveFailed: Bool {
    !(results.failures.isEmpty && repeats.failures.isEmpty && sums.failures.isEmpty && liveness.failures.isEmpty
      && idleness.failures.isEmpty && quarantine.failures.isEmpty && fairness.failures.isEmpty
      && ofSeats.allSatisfy { $0.readers.failures.isEmpty && $0.limits.failures.isEmpty })
  }

  var failures: [Failure] {
    results.failures + repeats.failures + ofSeats.flatMap(\.readers.failures) + sums.failures
      + ofSeats.flatMap(\.limits.failures) + liveness.failures + idleness.failures + quarantine.failures
      + fairness.failures
  }
}

extension Instant {
  var text: String { "\(nanoseconds / 1_000_000) ms" }
}
