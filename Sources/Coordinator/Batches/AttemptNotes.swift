import Batch

/// The attempts of a batch that were not the last of their task: bounded, the rest is only counted.
struct AttemptNotes {
  private var byIndex: [Int: [FailedAttempt]] = [:]
  private var count = 0

  mutating func add(_ attempt: FailedAttempt) {
    guard count < CoordinatorLimits.attemptsNoted else { return }
    count += 1
    byIndex[attempt.index, default: []].append(attempt)
  }

  /// In the order in which they were made.
  subscript(index: Int) -> [FailedAttempt] { byIndex[index] ?? [] }
}
