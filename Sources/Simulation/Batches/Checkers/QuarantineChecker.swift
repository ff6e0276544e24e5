import Batch
import Clockwork

/// A task that takes its nodes down does not go on doing so: a few, and no more. Counted for each coordinator by
/// itself: how much of it the next one knows depends on what was durable when the last one died.
struct QuarantineChecker {
  private struct TaskPlace: Hashable {
    let batch: Int
    let index: Int
    let life: Int
  }

  /// Three; one more where other suspicious tasks run beside it, and its copies as a straggler.
  private static let most = 5

  private(set) var failures: [Failure] = []
  private var nodes: [TaskPlace: Int] = [:]
  var greatest: Int { nodes.values.max() ?? 0 }

  mutating func tookDown(_ index: Int, of batch: Int, during life: Int, at now: Instant) {
    let task = TaskPlace(batch: batch, index: index, life: life)
    nodes[task, default: 0] += 1
    guard nodes[task] == Self.most + 1 else { return }
    failures.append(
      Failure(
        checker: "quarantine",
        text: "task \(index) of batch \(batch) has taken more than \(Self.most) nodes down by \(now.text)"))
  }
}
