import Batch
import Clockwork

/// What is not repeatable does not start a second time once it may have acted. The nodes know what happened, whatever
/// the coordinator holds for true.
struct RepeatChecker {
  private struct TaskPlace: Hashable {
    let batch: Int
    let index: Int
  }

  private struct Attempts {
    var underWay = 0
    var acted = 0
  }

  private(set) var failures: [Failure] = []
  private var tasks: [TaskPlace: Attempts] = [:]

  mutating func begins(_ index: Int, of batch: Int, isRepeatable: Bool, on node: String, at now: Instant) {
    let attempts = tasks[TaskPlace(batch: batch, index: index)] ?? Attempts()
    if !isRepeatable, attempts.underWay + attempts.acted > 0 {
      let before = attempts.acted > 0 ? "has acted" : "is under way"
      failures.append(
        Failure(
          checker: "repeats",
          text: "task \(index) of batch \(batch) must not repeat, \(before), and begins again on \(node) at \(now.text)"
        ))
    }
    tasks[TaskPlace(batch: batch, index: index), default: Attempts()].underWay += 1
  }

  mutating func ends(_ index: Int, of batch: Int, hasActed: Bool) {
    tasks[TaskPlace(batch: batch, index: index), default: Attempts()].underWay -= 1
    if hasActed { tasks[TaskPlace(batch: batch, index: index), default: Attempts()].acted += 1 }
  }
}
