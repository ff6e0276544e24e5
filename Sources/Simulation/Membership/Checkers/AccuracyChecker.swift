import Clockwork

/// Nobody who runs and can be reached is taken for dead.
struct AccuracyChecker {
  private(set) var failures: [Report.Failure] = []

  mutating func died(_ subject: VirtualNode, seenBy observer: VirtualNode, at now: Instant, areConnected: Bool) {
    guard subject.condition == .running, subject.excusedUntil < now, !subject.isHelpless, areConnected else { return }
    let text = "\(observer.name) took \(subject.name) for dead at \(now.nanoseconds / 1_000_000) ms, but it was running"
    failures.append(Report.Failure(checker: "accuracy", text: text))
  }
}
