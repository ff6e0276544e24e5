internal import Net

/// What has become of one type's tasks since the node's start: numbers that only rise, so that rates can be computed
/// from them. How many there are now is counted from the tasks themselves, by `TaskTable`.
///
/// Guarded by: the pool's loop.
final class TaskTypeCounts {
  let name: String
  var registered = 0
  var attempts = 0
  var ok = 0
  var error = 0
  var cancelled = 0
  /// From a task's registration to its first start; none of a task that never started.
  private(set) var queued = DurationHistogram()
  /// Of each attempt, from its body's beginning to its end.
  private(set) var run = DurationHistogram()

  init(name: String) { self.name = name }

  func note(queued duration: Duration) { queued.record(duration) }
  func note(run duration: Duration) { run.record(duration) }
}

/// The same for all types, one object a type, so that a task's own is at hand where it is counted.
///
/// Guarded by: the pool's loop.
struct TaskCounts {
  /// In the order of their names.
  let types: [TaskTypeCounts]
  private let byType: [ObjectIdentifier: TaskTypeCounts]
  /// How many tasks ended in an error, by its code.
  private(set) var errors: [TaskFailure.Code: Int] = [:]
  /// Tasks of shards that could not begin here, by the error that says why: they were never registered.
  private(set) var unfit: [TaskFailure.Code: Int] = [:]

  init(_ taskTypes: TaskTypes) {
    let pairs = taskTypes.inOrder.map { (ObjectIdentifier($0), TaskTypeCounts(name: $0.name)) }
    types = pairs.map(\.1)
    byType = Dictionary(uniqueKeysWithValues: pairs)
  }

  subscript(type: TaskType) -> TaskTypeCounts {
    guard let counts = byType[ObjectIdentifier(type)] else {
      preconditionFailure("a task of '\(type.name)', which is none of the pool's types")
    }
    return counts
  }

  mutating func note(_ outcome: TaskOutcome, of type: TaskTypeCounts) {
    switch outcome {
    case .ok: type.ok += 1
    case .error(let failure):
      type.error += 1
      errors[failure.code, default: 0] += 1
    case .cancelled: type.cancelled += 1
    }
  }

  mutating func noteUnfit(_ failure: TaskFailure) { unfit[failure.code, default: 0] += 1 }
}
