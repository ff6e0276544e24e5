package import Clockwork

/// A node that went down with tasks of a batch.
struct NodeLoss: Sendable {
  let node: String
  /// Which of the lives of the node, if it has come back.
  let life: UInt64
  let at: Instant
}

/// A node that went down with tasks of a batch, as the journal keeps it and gives it back.
package struct NodeLossNote: Sendable {
  package let batch: UUIDv7
  package let node: String
  /// The same for all shards that were lost with one life of the node.
  package let life: UInt64
  package let at: Instant
  /// How many suspects were on trial there together; 0 for no trial.
  package let trialSize: Int
  package let indexes: [UInt32]

  package init(batch: UUIDv7, node: String, life: UInt64, at: Instant, trialSize: Int, indexes: [UInt32]) {
    (self.batch, self.node, self.life, self.at) = (batch, node, life, at)
    (self.trialSize, self.indexes) = (trialSize, indexes)
  }
}

/// What a batch knows of its tasks whose node went down under them: nothing of the others.
struct LossBook: Sendable {
  /// One task's: 32 bytes.
  struct Record: Sendable {
    /// Places in `losses`, the latest last; the first of more than three are forgotten.
    private(set) var latest: (UInt32?, UInt32?, UInt32?) = (nil, nil, nil)
    private(set) var count: UInt32 = 0
    /// How many suspects may be on trial together when it is one of them.
    var company = UInt32.max
    /// Whether a node went down while it was alone on trial there.
    var wasTriedAlone = false

    /// False for a loss that is counted already.
    mutating func add(_ loss: UInt32) -> Bool {
      guard latest.2 != loss, latest.1 != loss, latest.0 != loss else { return false }
      latest = (latest.1, latest.2, loss)
      count += 1
      return true
    }
  }

  private var losses: [NodeLoss] = []
  private var records: [UInt32: Record] = [:]
  /// Suspects that wait to be tried.
  var waiting = Fifo<UInt32>()
  /// How many suspects are tried together: more while there are very many.
  private(set) var trialSize = 1

  subscript(index: Int) -> Record? { records[UInt32(index)] }

  var isEmpty: Bool { records.isEmpty }

  func isSuspect(_ index: Int) -> Bool { self[index].map { $0.count >= SchedulerLimits.lossesOfSuspect } ?? false }

  /// Notes that a task's node went down.
  ///
  /// - Parameter trialSize: how many suspects were on trial there, this one included; nil if it was not on trial.
  mutating func note(_ index: Int, _ loss: NodeLoss, trialSize: Int?) {
    var place = losses.count - 1
    while place >= 0, losses[place].node != loss.node || losses[place].life != loss.life { place -= 1 }
    if place < 0 {
      place = losses.count
      losses.append(loss)
    }
    var record = self[index] ?? Record()
    if record.add(UInt32(place)), let trialSize {
      record.company = UInt32(max(1, trialSize / SchedulerLimits.suspectsTriedAlone))
      record.wasTriedAlone = record.wasTriedAlone || trialSize == 1
    }
    records[UInt32(index)] = record
  }

  mutating func forget(_ index: Int) { records[UInt32(index)] = nil }

  mutating func wait(_ index: Int) {
    waiting.append(UInt32(index))
    trialSize = max(trialSize, waiting.count / SchedulerLimits.suspectsTriedAlone)
  }

  mutating func takeFirst() -> UInt32? {
    defer { if waiting.isEmpty { trialSize = 1 } }
    return waiting.popFirst()
  }

  /// How many may be on trial together with this one.
  func company(of index: Int) -> Int { min(trialSize, Int(self[index]?.company ?? .max)) }

  mutating func dropWaiting() { waiting = Fifo() }

  /// The nodes that went down with a task, and when, as a sentence's end.
  func evidence(against index: Int, at now: Instant) -> String {
    guard let record = self[index] else { return "" }
    return [record.latest.0, record.latest.1, record.latest.2].compactMap { $0 }.map { place in
      let loss = losses[Int(place)]
      return "\(loss.node) (\(TaskResult.rounded((now - loss.at).inSeconds)) s ago)"
    }.joined(separator: ", ")
  }
}
