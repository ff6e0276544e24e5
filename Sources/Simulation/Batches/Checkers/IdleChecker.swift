import Batch
import Clockwork

/// A coordinator without a batch that runs sends nothing, decides nothing and asks for no timer; a while after the last
/// end, for the timers of what was put off until then have yet to pass.
struct IdleChecker {
  /// The longest rest of a node.
  static let settling = Duration.seconds(65)
  static let watch = Duration.seconds(10)

  private(set) var failures: [Failure] = []
  var isWatching = false

  mutating func took(_ input: Scheduler.Input, _ effects: [Scheduler.Effect], at now: Instant) {
    guard isWatching, failures.count < 3 else { return }
    if case .wake = input { complain("a timer fired", at: now) }
    if let first = effects.first { complain("the scheduler asked for \(first)", at: now) }
  }

  mutating func sent(_ what: String, at now: Instant) { if isWatching { complain(what, at: now) } }

  private mutating func complain(_ text: String, at now: Instant) {
    failures.append(Failure(checker: "idleness", text: "nothing is to be done, and \(text) at \(now.text)"))
  }
}
