import Batch
import Clockwork

/// total = ok + error + cancelled + unknown + running + queued, for each batch after each event, and the scheduler's
/// own books.
struct SumChecker {
  private(set) var failures: [Failure] = []
  private var inputs = 0

  private static let recountInterval = 16

  mutating func check(_ coordinator: VirtualCoordinator, at now: Instant) {
    for id in coordinator.order {
      guard let batch = coordinator.batches[id], batch.outcome == nil, let progress = coordinator.progress(of: id)
      else { continue }
      let counts = progress.counts
      let sum = counts.ok + counts.error + counts.cancelled + counts.unknown + counts.running + counts.waiting
      if sum != batch.total { complain("batch \(batch.number) has \(batch.total) tasks and shows \(sum)", at: now) }
    }
    inputs += 1
    // A whole recount costs as much as a hundred inputs.
    if inputs % Self.recountInterval == 0, !coordinator.scheduler.recountHolds() {
      complain("the scheduler's books do not hold", at: now)
    }
  }

  private mutating func complain(_ text: String, at now: Instant) {
    failures.append(Failure(checker: "sums", text: "\(text) at \(now.text)"))
  }
}
