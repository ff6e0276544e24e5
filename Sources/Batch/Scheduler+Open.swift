package import Clockwork

/// Open batches: more tasks come while they run, and they end when they are closed and empty.
extension Scheduler {
  /// Takes tasks behind those that the batch has. The shell closes and cancels a batch behind the calls before: what
  /// comes to one that takes nothing more would never get a result.
  mutating func addTasks(
    _ part: consuming TaskTable, to id: UUIDv7, at now: Instant, into effects: inout [Effect]
  ) {
    guard let batch = batchSlots[id] else { return effects.append(.ignored(.unknownBatch(id))) }
    guard batches[batch].opening != nil else { return effects.append(.ignored(.closedBatch(id))) }
    precondition(
      batches[batch].tasks.count + part.count <= SchedulerLimits.tasksInBatch, "\(part.count) more tasks are too many")
    let lanes = lanes(of: part, in: batch)
    let first = batches[batch].tasks.count
    for task in part.slots { batches[batch].append(task.moved(to: lanes[Int(task.lane)])) }
    for index in first..<batches[batch].tasks.count where batches[batch].tasks[index].state == .queued {
      enqueue(index, of: batch)
    }
  }

  /// The tasks of a batch that nobody has got yet; nil for one that is not here.
  package func waitingTasks(of id: UUIDv7) -> Int? { batchSlots[id].map { batches[$0].counts.waiting } }

  /// The batch's own lanes for those of a part.
  private mutating func lanes(of part: borrowing TaskTable, in batch: Int) -> [UInt32] {
    let types = part.typeNames.map { name in
      let slot = type(named: name)
      let (number, isNew) = batches[batch].number(ofType: slot)
      if isNew { self.types[slot].references += 1 }
      return number
    }
    let kinds = part.kinds.map { kind in
      batches[batch].number(
        of: LaneKind(type: types[Int(kind.type)], priority: kind.priority, hasKey: kind.hasKey, limit: kind.limit))
    }
    return part.lanes.map { batches[batch].lane(keyHash: $0.keyHash, kind: kinds[Int($0.kind)]) }
  }

  /// Nothing more comes: the batch ends when what it has is done.
  mutating func closeBatch(_ id: UUIDv7, at now: Instant, into effects: inout [Effect]) {
    guard let batch = batchSlots[id] else { return effects.append(.ignored(.unknownBatch(id))) }
    batches[batch].opening = nil
    endIfDone(batch, at: now, into: &effects)
  }

  /// Open batches without a task that has no result.
  package var idleBatches: Int { batches.slots.count { batches[$0].isIdle } }
}

extension TaskSlot {
  fileprivate func moved(to lane: UInt32) -> TaskSlot {
    var slot = TaskSlot(lane: lane, attemptsAllowed: attemptsAllowed, isRepeatable: isRepeatable)
    // One that was never to run has its end already.
    slot.state = state
    return slot
  }
}
