import Clockwork

/// By rate, the moment at which one more start would be exactly in time. Each rate has its own count, so that a slow
/// one does not hold up the others. A key with one rate, as nearly all are, costs no memory of its own.
struct RateDues: Sendable {
  /// Zero: no rate is counted yet.
  private var rate = 0.0
  private var due = Instant.zero
  private var others: [Double: Instant] = [:]

  subscript(rate: Double) -> Instant? { rate == self.rate ? due : others[rate] }

  /// When nothing is owed to any rate.
  var settled: Instant { max(due, others.values.max() ?? .zero) }

  /// Begins to count a rate. What is settled is forgotten, and beyond a bound what is settled first.
  mutating func begin(_ rate: Double, _ due: Instant, at now: Instant) {
    guard self[rate] == nil else { return }
    if self.rate == 0 {
      (self.rate, self.due) = (rate, due)
      return
    }
    if others.count >= SchedulerLimits.ratesOfKey {
      others = others.filter { $0.value > now }
      if others.count >= SchedulerLimits.ratesOfKey, let least = others.min(by: { $0.value < $1.value }) {
        others[least.key] = nil
      }
    }
    others[rate] = due
  }

  /// Moves a rate on that has begun.
  mutating func set(_ rate: Double, _ due: Instant) {
    if rate == self.rate { self.due = due } else { others[rate] = due }
  }
}
