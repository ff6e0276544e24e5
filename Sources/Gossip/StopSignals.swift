package import Clockwork

/// Counts the signals that tell a process to stop: the first one means a drain, or nothing new to a process that drains
/// already because it was asked; a later one means at once.
package struct StopSignals {
  package enum Meaning: Equatable { case stop, same, stopAtOnce }

  /// A service manager and a supervisor below it often send theirs together, and both mean the same.
  /// Shorter than a person who presses Ctrl-C twice.
  static let sameWithin = Duration.milliseconds(150)

  private var first: Instant?

  package init() {}

  package mutating func note(at now: Instant) -> Meaning {
    guard let first else {
      first = now
      return .stop
    }
    return now - first < Self.sameWithin ? .same : .stopAtOnce
  }
}
