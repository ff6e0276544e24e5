import Clockwork

/// How much of a batch's queue each node may take in one round of dispatch: as even as the capacities allow, also when
/// one node has room a moment before the others. What is left over waits for them, but no longer than `linger`.
struct BatchShares: Sendable {
  /// The round of dispatch for which the rest is true.
  fileprivate(set) var round: UInt64 = 0
  /// What a node gets whose capacity is not less; nil when the queue fills all nodes, and each takes what it can.
  fileprivate var level: Int?
  /// Nodes that get one more.
  fileprivate var extra = 0
  /// By node, what it may still take.
  fileprivate var left: [Int: Int] = [:]

  mutating func took(_ number: Int, node: Int) {
    if let left = left[node] { self.left[node] = max(0, left - number) }
  }
}

extension Scheduler {
  /// At least 1.
  mutating func share(of batch: Int, stream: Int, for node: Int, at now: Instant) -> Int {
    let ready = max(1, batches[batch].ready)
    let queue = batches[batch].streams[stream].queue
    guard isShared(queue, node) else { return ready }
    // Where even equal parts are far more than it may have, nothing need be counted.
    guard ready / max(1, nodeList.count) < 2 * nodes[node].windowSize else { return ready }
    if batches[batch].shares.round != round { beginShares(of: batch, queue: queue, at: now) }
    guard let level = batches[batch].shares.level else { return ready }
    if let left = batches[batch].shares.left[node] { return max(1, min(left, ready)) }
    var share = level
    if nodes[node].report.capacity > level, batches[batch].shares.extra > 0 {
      share += 1
      batches[batch].shares.extra -= 1
    }
    batches[batch].shares.left[node] = max(1, share)
    return max(1, min(share, ready))
  }

  /// Whether the node has had its share of the batch in this round.
  func hasSpentShare(of turn: Turn, _ node: Int) -> Bool {
    guard let batch = batches.slot(of: turn.batch), batches[batch].shares.round == round,
      isShared(batches[batch].streams[turn.stream].queue, node)
    else { return false }
    return batches[batch].shares.left[node] == 0
  }

  /// Tasks with a key at home on a node are shared with nobody.
  private func isShared(_ queue: Int, _ node: Int) -> Bool {
    nodes[node].types.contains { types[$0].queue == queue }
  }

  /// The queue is poured over the nodes' capacities like water: small ones are filled, the others share the rest.
  private mutating func beginShares(of batch: Int, queue: Int, at now: Instant) {
    let capacities = nodeList.filter { nodes[$0].isOpen(at: now) && isShared(queue, $0) }
      .map { max(1, nodes[$0].report.capacity) }
    batches[batch].shares = BatchShares(round: round)
    var rest = batches[batch].ready
    guard capacities.reduce(0, +) > rest, let least = capacities.min() else { return }
    var number = capacities.count
    if least * number < rest {
      for capacity in capacities.sorted() {
        guard capacity * number <= rest else { break }
        rest -= capacity
        number -= 1
      }
    }
    batches[batch].shares.level = rest / max(1, number)
    batches[batch].shares.extra = rest % max(1, number)
  }
}
