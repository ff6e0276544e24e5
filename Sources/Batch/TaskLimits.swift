/// The bounds of a task as its submitter writes it.
package enum TaskLimits {
  /// A task's own bytes.
  package static let bytes = 1 << 20
  /// Starts a second: from about one a day up.
  package static let ratePerSecond = 0.000_01...1_000_000.0
  package static let attempts = 1...SchedulerLimits.attempts
  package static let priority = SchedulerLimits.priority
  /// Thirty days.
  package static let timeoutSeconds = 2_592_000.0
  /// In bytes of UTF-8.
  package static let nameBytes = 256
  package static let keyBytes = 1_024
}
