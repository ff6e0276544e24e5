/// What a run measured. Bytes are those of the messages, without the headers of UDP, TCP and IP.
package struct Figures: Sendable, Equatable {
  /// Members that ran and were taken for dead, once for each who did so.
  package struct Deaths: Sendable, Equatable {
    /// No fault had touched either.
    package var ofHealthyAtHealthy = 0
    package var ofHealthyAtAfflicted = 0
    /// It stood still, had crashed before, or was cut off.
    package var ofAfflicted = 0
  }

  /// A member a second, since `measure` or the start.
  package struct Load: Sendable, Equatable {
    package let seconds: Double
    package let datagrams: Double
    /// Of the member that sent most.
    package let busiestDatagrams: Double
    package let datagramBytes: Double
    package let streamBytes: Double
  }

  /// From an event to its being noticed by others.
  package struct Spread: Sendable, Equatable {
    package let observers: Int
    package let first: Duration
    package let median: Duration
    package let last: Duration

    init?(_ times: [Duration]) {
      let sorted = times.sorted()
      guard let first = sorted.first, let last = sorted.last else { return nil }
      (observers, self.first, median, self.last) = (sorted.count, first, sorted[sorted.count / 2], last)
    }
  }

  package let datagrams: Int
  package let bytes: Int
  package let suspicions: Int
  /// How often a member was asked, at the end of the bound, whether it has found that another crashed: where none was,
  /// nothing is known about completeness.
  package let crashChecks: Int
  package let deaths: Deaths
  package let load: Load
  /// For each crash that anyone noticed.
  package let detections: [Spread]
  /// For each change of a member's meta.
  package let news: [Spread]
}
