import Batch
import Clockwork

/// A task of a virtual batch: what the coordinator is told of it, and what becomes of it on a node.
struct VirtualTask {
  /// How its attempts end where no fault ends them.
  enum Temper {
    case good
    /// Most fail, may have acted, and may be made again.
    case shaky
    /// Most fail before they act, and may be made again.
    case unconnected
    /// All fail, and no other attempt would help.
    case hopeless
    /// All run into the task's own time limit.
    case endless
    /// All take their node down with them.
    case poison
  }

  let type: String
  let key: String?
  let limit: TaskLimit?
  let attempts: Int
  let isRepeatable: Bool
  let priority: Int
  let temper: Temper
  let duration: Duration
}

/// A batch that a submitter has in mind, and what it knows of its fate.
struct VirtualBatch {
  /// What stands under its idempotency key.
  let number: Int
  let tasks: [VirtualTask]
  /// The coordinator's to which it goes.
  var seat = 0
  /// Every so often a submitter that got no answer asks again, under the same key.
  var isAnswered = false
  var id: UUIDv7?
  /// The submitter has asked for its end.
  var cancelWanted = false
  /// And was told that it will come.
  var cancelPromised = false

  var key: String { "k\(number)" }
}

/// Draws batches from a seed.
struct Workload {
  static let types = ["echo", "http", "rare"]
  private static let keys = 4

  /// - Parameters:
  ///   - tasks: how many a batch has at most.
  ///   - poison: the share of them that take their nodes down.
  static func batch(
    _ number: Int, upTo tasks: Int, poison: Double, using generator: inout SplitMix64
  ) -> VirtualBatch {
    let count = Int.random(in: 0..<10, using: &generator) == 0 ? 0 : Int.random(in: 1...tasks, using: &generator)
    let keyed = Int.random(in: 0..<3, using: &generator)
    let milliseconds = [1, 10, 60, 400].randomElement(using: &generator)!
    let limit = limit(number, using: &generator)
    let calm = Int.random(in: 0..<3, using: &generator) == 0
    let drawn = (0..<count).map { _ -> VirtualTask in
      let hasKey = Int.random(in: 0..<3, using: &generator) < keyed
      let key = hasKey ? "key\(Int.random(in: 0..<keys, using: &generator))" : nil
      return VirtualTask(
        type: types[min(2, Int.random(in: 0..<8, using: &generator) / 3)], key: key, limit: hasKey ? limit : nil,
        attempts: Int.random(in: 1...4, using: &generator), isRepeatable: Bool.random(using: &generator),
        priority: [0, 0, 0, 10, -10].randomElement(using: &generator)!,
        temper: generator.happens(poison) ? .poison : calm ? .good : temper(using: &generator),
        duration: .microseconds(Int64.random(in: 500...1_000, using: &generator) * Int64(milliseconds)))
    }
    return VirtualBatch(number: number, tasks: drawn)
  }

  private static func limit(_ number: Int, using generator: inout SplitMix64) -> TaskLimit? {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: nil
    case 1: TaskLimit(ratePerSecond: [10, 60, 200].randomElement(using: &generator)!)
    case 2: TaskLimit(concurrency: Int.random(in: 1...4, using: &generator))
    default: TaskLimit(ratePerSecond: 100, concurrency: Int.random(in: 1...6, using: &generator))
    }
  }

  private static func temper(using generator: inout SplitMix64) -> VirtualTask.Temper {
    switch Int.random(in: 0..<20, using: &generator) {
    case 0, 1: .shaky
    case 2, 3: .unconnected
    case 4: .hopeless
    case 5: .endless
    default: .good
    }
  }
}
