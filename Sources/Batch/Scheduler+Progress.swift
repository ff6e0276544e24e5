package import Clockwork

/// Why a task waits: the contract's `waiting_for`.
package enum WaitingReason: Sendable, Equatable {
  case capacity, taskType, limit, nodeSuspect
  case backoff(until: Instant)

  package var name: String {
    switch self {
    case .capacity: "capacity"
    case .taskType: "task_type"
    case .limit: "limit"
    case .nodeSuspect: "node_suspect"
    case .backoff: "backoff"
    }
  }
}

/// A task that has no result yet.
package struct TaskProgress: Sendable, Equatable {
  package let state: TaskState
  /// Attempts that have ended and count.
  package let attempts: Int
  /// Where it runs, and when it was sent there.
  package let node: String?
  package let sentAt: Instant?
  /// Where a second copy of a straggler runs, and when it was sent there.
  package let secondNode: String?
  package let secondSentAt: Instant?
  package let waitingFor: WaitingReason?
}

extension Scheduler {
  /// Nil for a batch that has ended or was never there.
  package func progress(of id: UUIDv7) -> BatchProgress? { batchSlots[id].map { progress(inSlot: $0) } }

  /// Nil for a batch that has ended, or an index that it has not.
  package func task(_ index: Int, of id: UUIDv7) -> TaskProgress? {
    guard let batch = batchSlots[id], batches[batch].tasks.indices.contains(index) else { return nil }
    let task = batches[batch].tasks[index]
    let shard = task.state == .running ? shards[Int(task.link)] : nil
    let second = task.isHedged ? batches[batch].watch.copies[index].map { shards[$0] } : nil
    return TaskProgress(
      state: task.state, attempts: Int(task.attempts), node: shard.map { nodes[$0.node].name },
      sentAt: shard?.sentAt, secondNode: second.map { nodes[$0.node].name }, secondSentAt: second?.sentAt,
      waitingFor: waitingReason(of: task, in: batch))
  }

  /// The number of batches that have not ended.
  package var batchCount: Int { batchSlots.count }

  /// Where the tasks of all batches that have not ended stand.
  package var totals: TaskCounts {
    batches.slots.reduce(into: TaskCounts()) { totals, slot in
      for state in TaskState.allCases { totals.add(state, batches[slot].counts[state]) }
    }
  }

  func progress(inSlot slot: Int) -> BatchProgress {
    let batch = batches[slot]
    var progress = BatchProgress()
    (progress.counts, progress.retried, progress.isCancelled) = (batch.counts, batch.retried, batch.isCancelled)
    progress.hedged = batch.watch.hedged
    guard batch.counts.waiting > 0, !batch.isCancelled else { return progress }
    let waiting = batch.types.filter { $0.waiting > 0 }.map(\.type)
    progress.missingTaskTypes = waiting.filter { !hasNode(ofType: $0) }.map { types[$0].name }
    if !progress.missingTaskTypes.isEmpty {
      progress.waitingFor = .taskType
    } else if batch.ready > 0 {
      progress.waitingFor = waiting.contains { hasOpenNode(ofType: $0) } ? .capacity : .nodeSuspect
    } else if batch.rests {
      progress.waitingFor = .capacity
    } else if batch.limited > 0 {
      progress.waitingFor = .limit
    } else if batch.losses.waiting.count == batch.counts.queued, batch.counts.queued > 0 {
      // Suspects wait for a node that tries nobody.
      progress.waitingFor = .capacity
    } else if batch.counts.queued == 0 {
      progress.waitingFor = firstBackoff(inSlot: slot).map { .backoff(until: $0) }
    } else {
      progress.waitingFor = .nodeSuspect
    }
    return progress
  }

  private func waitingReason(of task: TaskSlot, in batch: Int) -> WaitingReason? {
    switch task.state {
    case .backoff:
      return .backoff(until: batches[batch].due(of: task))
    case .queued:
      guard !batches[batch].isCancelled else { return nil }
      let type = batches[batch].types[batches[batch].type(of: task)].type
      if !hasNode(ofType: type) { return .taskType }
      if !hasOpenNode(ofType: type) { return .nodeSuspect }
      if case .limited = batches[batch].lanes[Int(task.lane)].place { return .limit }
      return .capacity
    default:
      return nil
    }
  }

  private func firstBackoff(inSlot slot: Int) -> Instant? {
    // The timers are as many as the tasks in backoff, the tasks perhaps ten million.
    let key = batches.key(of: slot)
    return timers.elements.lazy.compactMap { timer -> Instant? in
      guard case .retry(key, let index) = timer.kind, batches[slot].tasks[Int(index)].state == .backoff else {
        return nil
      }
      return batches[slot].due(of: batches[slot].tasks[Int(index)])
    }.min()
  }

  private func hasNode(ofType type: Int) -> Bool { nodeList.contains { nodes[$0].types.contains(type) } }

  private func hasOpenNode(ofType type: Int) -> Bool {
    nodeList.contains { nodes[$0].report.availability == .open && nodes[$0].types.contains(type) }
  }
}

extension BatchState {
  /// While a task is in backoff its link holds the end of it, in milliseconds after the batch's beginning: 49 days.
  mutating func setDue(_ due: Instant, of index: Int) {
    let milliseconds = (due - addedAt).inNanoseconds / 1_000_000
    setShard(Int(min(max(0, milliseconds), Int64(TaskSlot.none) - 1)), of: index)
  }

  func due(of task: TaskSlot) -> Instant { addedAt + .milliseconds(Int64(task.link)) }
}
