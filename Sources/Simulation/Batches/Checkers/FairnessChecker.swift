import Clockwork

/// No coordinator waits for room, and none of its tasks begins, while others' begin again and again.
struct FairnessChecker {
  private struct Hunger {
    let since: Instant
    /// Attempts of others that began meanwhile.
    var others = 0
  }

  /// The longest attempts, which may fill all the places that it has, take less, and so do the rests of nodes.
  private static let patience = Duration.seconds(30)
  private static let starts = 50

  private(set) var failures: [Failure] = []
  private var hungry: [Int: Hunger] = [:]

  mutating func look(_ seat: Int, isHungry: Bool, at now: Instant) {
    guard isHungry else {
      hungry[seat] = nil
      return
    }
    let hunger = hungry[seat] ?? Hunger(since: now)
    hungry[seat] = hunger
    guard now - hunger.since > Self.patience, hunger.others >= Self.starts, failures.count < 3 else { return }
    failures.append(
      Failure(
        checker: "fairness",
        text:
          "coordinator \(seat) has waited for room since \(hunger.since.text), and \(hunger.others) tasks of others "
          + "have begun by \(now.text)"))
  }

  mutating func began(_ seat: Int) {
    hungry[seat] = nil
    for other in hungry.keys { hungry[other]?.others += 1 }
  }
}
