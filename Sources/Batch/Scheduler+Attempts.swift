import Clockwork

/// What follows from the end of an attempt.
extension Scheduler {
  mutating func take(_ ends: [AttemptEnd], of key: ShardID, at now: Instant, into effects: inout [Effect]) {
    guard let slot = shards.slot(of: key) else {
      effects.append(.ignored(.unknownShard))
      return
    }
    for end in ends {
      guard let batch = batches.slot(of: shards[slot].batchKey), isRunning(end.index, of: batch, in: slot) else {
        let isOwn = shards[slot].entries.contains { Int($0.index) == end.index }
        effects.append(.ignored(isOwn ? .lateResult(index: end.index) : .foreignIndex(end.index)))
        continue
      }
      shards[slot].remaining -= 1
      leaveNode(end.index, of: slot)
      if end.wasTimed { noteWait(end, of: slot, at: now) }
      if end.wasAttempt { nodes[shards[slot].node].attemptEnded(at: now) }
      releasePlace(of: end.index, in: batch, at: now)
      if end.wasTimed { batches[batch].watch.record(end) }
      if batches[batch].tasks[end.index].isHedged, !settleCopy(end, of: slot, at: now, into: &effects) { continue }
      settle(end, of: slot, at: now, into: &effects)
    }
    touchedNodes.append(shards[slot].node)
    guard let batch = batches.slot(of: shards[slot].batchKey) else { return }
    watchForStragglers(of: batch, at: now)
    endIfDone(batch, at: now, into: &effects)
  }

  private mutating func settle(_ end: AttemptEnd, of slot: Int, at now: Instant, into effects: inout [Effect]) {
    let batch = shards[slot].batch
    if end.mayHaveActed { batches[batch].noteActed(end.index) }
    switch end.outcome {
    case .ok(let value):
      batches[batch].countAttempt(of: end.index)
      finish(end.index, of: slot, .ok, .value(value), end, into: &effects)
    case .error(let error) where !error.hasBegun:
      if batches[batch].isCancelled { return giveBack(end.index, of: slot, at: now, into: &effects) }
      refuse(end, error, of: slot, at: now, into: &effects)
    case .error(let error):
      batches[batch].countAttempt(of: end.index)
      let task = batches[batch].tasks[end.index]
      let mayRepeat = error.isRetryable && (task.isRepeatable || !error.mayHaveActed)
      if mayRepeat, task.attempts < task.attemptsAllowed, !batches[batch].isCancelled {
        backOff(end.index, of: slot, error, end, at: now, into: &effects)
      } else {
        let status = error.leavesUnknown && !task.isRepeatable ? TaskState.unknown : .error
        finish(end.index, of: slot, status, .error(error.json), end, into: &effects)
      }
    case .notBegun: giveBack(end.index, of: slot, at: now, into: &effects)
    case .lostTask(let error): finish(end.index, of: slot, .error, .error(error), end, into: &effects)
    case .cancelled(let mayHaveActed):
      if batches[batch].isCancelled {
        batches[batch].countAttempt(of: end.index)
        finish(end.index, of: slot, .cancelled, .none, end, into: &effects)
      } else {
        // Nobody asked for it here: the node is going down.
        lose(end.index, of: slot, .cancelledByNode, mayHaveActed: mayHaveActed, at: now, into: &effects)
      }
    }
  }

  /// The node could not begin the task: it goes elsewhere, or comes again when the node has rested.
  private mutating func refuse(
    _ end: AttemptEnd, _ error: AttemptError, of slot: Int, at now: Instant, into effects: inout [Effect]
  ) {
    let batch = shards[slot].batch
    noteRefusal(end, error, of: slot, at: now)
    let attempt = Int(batches[batch].tasks[end.index].attempts) + 1
    note(end.index, of: slot, attempt: attempt, end: end, error: error.json, at: now, into: &effects)
    queue(end.index, of: batch, atFront: true)
  }

  /// The node does not know the type, or needs a rest.
  mutating func noteRefusal(_ end: AttemptEnd, _ error: AttemptError, of slot: Int, at now: Instant) {
    let node = shards[slot].node
    if error.code == .unknownTask {
      withdrawType(typeName(of: end.index, in: shards[slot].batch), from: node)
    } else if nodes[node].restsUntil <= now {
      rest(node, atLeast: .zero, at: now)
    }
  }

  private func typeName(of index: Int, in batch: Int) -> String {
    let state = batches[batch]
    return types[state.types[state.type(of: state.tasks[index])].type].name
  }

  private mutating func backOff(
    _ index: Int, of slot: Int, _ error: AttemptError, _ end: AttemptEnd, at now: Instant,
    into effects: inout [Effect]
  ) {
    note(
      index, of: slot, attempt: Int(batches[shards[slot].batch].tasks[index].attempts), end: end, error: error.json,
      at: now, into: &effects)
    backOff(index, of: slot, at: now)
  }

  private mutating func backOff(_ index: Int, of slot: Int, at now: Instant) {
    let batch = shards[slot].batch
    let attempts = Int(batches[batch].tasks[index].attempts)
    batches[batch].move(index, to: .backoff)
    // Full jitter: Brooker, "Exponential backoff and jitter" (AWS architecture blog, 2015).
    let limit = min(SchedulerLimits.backoffCap, SchedulerLimits.backoffBase * (1 << min(attempts - 1, 16)))
    let due = now + random.jitter(upTo: limit)
    batches[batch].setDue(due, of: index)
    setTimer(due, .retry(batch: batches.key(of: batch), index: UInt32(index)))
  }

  /// One of a task's two copies failed while the other goes on: both are one attempt, which has not ended.
  mutating func noteCopy(
    _ index: Int, of slot: Int, end: AttemptEnd?, error: ArraySlice<UInt8>, at now: Instant,
    into effects: inout [Effect]
  ) {
    let attempt = Int(batches[shards[slot].batch].tasks[index].attempts) + 1
    tell(index, of: slot, attempt: attempt, end: end, error: error, at: now, into: &effects)
  }

  /// One of a task's two copies went with its shard.
  mutating func loseCopy(
    _ index: Int, of slot: Int, _ end: ShardEnd, at now: Instant, into effects: inout [Effect]
  ) {
    _ = batches[shards[slot].batch].dropCopy(of: index, in: slot)
    switch end {
    case .notSent, .refused, .withheld: break
    case .finished, .broken, .died, .garbled:
      batches[shards[slot].batch].noteActed(index)
      let error = TaskResult.error(.lost, Loss.connection.text(node: nodes[shards[slot].node].name))
      noteCopy(index, of: slot, end: nil, error: error, at: now, into: &effects)
    }
  }

  /// How an attempt was lost.
  enum Loss {
    case connection, cancelledByNode

    func text(node: String) -> String {
      switch self {
      case .connection: "the connection to node \(node) was lost"
      case .cancelledByNode: "node \(node) cancelled it by itself, as one that goes down does,"
      }
    }
  }

  /// An attempt that was under way has no end, or one that does not count: again at once, if it may be made again.
  mutating func lose(
    _ index: Int, of slot: Int, _ loss: Loss, mayHaveActed: Bool, at now: Instant, into effects: inout [Effect]
  ) {
    let batch = shards[slot].batch
    let task = batches[batch].tasks[index]
    if mayHaveActed { batches[batch].noteActed(index) }
    let what = loss.text(node: nodes[shards[slot].node].name)
    if mayHaveActed && !task.isRepeatable {
      batches[batch].countAttempt(of: index)
      let message =
        "\(what) while the task may have acted, and it is not repeatable; submit it again if that does no harm"
      finish(index, of: slot, .unknown, .failure(.lost, message: message), nil, at: now, into: &effects)
    } else if batches[batch].isCancelled {
      finish(index, of: slot, .cancelled, .none, nil, at: now, into: &effects)
    } else {
      let error = TaskResult.error(.lost, what)
      note(index, of: slot, attempt: Int(task.attempts) + 1, end: nil, error: error, at: now, into: &effects)
      queue(index, of: batch, atFront: true)
    }
  }

  /// An attempt whose end was in an answer that made no sense: it counts, so that a task that garbles every answer
  /// ends.
  mutating func loseGarbled(_ index: Int, of slot: Int, at now: Instant, into effects: inout [Effect]) {
    let batch = shards[slot].batch
    let task = batches[batch].tasks[index]
    guard task.isRepeatable, !batches[batch].isCancelled else {
      return lose(index, of: slot, .connection, mayHaveActed: true, at: now, into: &effects)
    }
    batches[batch].noteActed(index)
    batches[batch].countAttempt(of: index)
    let attempts = task.attempts + 1
    let error = AttemptError.internal(
      "the answer of node \(nodes[shards[slot].node].name) could not be understood; is it of another version?")
    if attempts < max(task.attemptsAllowed, SchedulerLimits.garbledAttempts) {
      note(index, of: slot, attempt: Int(attempts), end: nil, error: error.json, at: now, into: &effects)
      backOff(index, of: slot, at: now)
    } else {
      finish(index, of: slot, .error, .error(error.json), nil, at: now, into: &effects)
    }
  }

  /// An attempt that was never begun.
  mutating func giveBack(_ index: Int, of slot: Int, at now: Instant, into effects: inout [Effect]) {
    let batch = shards[slot].batch
    if batches[batch].isCancelled {
      finish(index, of: slot, .cancelled, .none, nil, at: now, into: &effects)
    } else {
      queue(index, of: batch, atFront: true)
    }
  }

  private mutating func note(
    _ index: Int, of slot: Int, attempt: Int, end: AttemptEnd?, error: ArraySlice<UInt8>, at now: Instant,
    into effects: inout [Effect]
  ) {
    batches[shards[slot].batch].retried += 1
    tell(index, of: slot, attempt: attempt, end: end, error: error, at: now, into: &effects)
  }

  private mutating func tell(
    _ index: Int, of slot: Int, attempt: Int, end: AttemptEnd?, error: ArraySlice<UInt8>, at now: Instant,
    into effects: inout [Effect]
  ) {
    let shard = shards[slot]
    let started = shard.sentAt + Duration(secondsClamped: (end?.startedMilliseconds ?? 0) / 1e3)
    effects.append(
      .attemptFailed(
        FailedAttempt(
          batch: batches[shard.batch].id, index: index, attempt: attempt,
          attemptsCounted: Int(batches[shard.batch].tasks[index].attempts), node: nodes[shard.node].name,
          startedAt: min(started, now), endedAt: now, error: error)))
  }

  mutating func finish(
    _ index: Int, of slot: Int, _ status: TaskState, _ detail: TaskEnd.Detail, _ end: AttemptEnd?,
    at now: Instant? = nil, into effects: inout [Effect]
  ) {
    // Field by field: a copy of the shard would hold all of its entries.
    let (batch, node, sentAt) = (shards[slot].batch, shards[slot].node, shards[slot].sentAt)
    batches[batch].move(index, to: status)
    if batches[batch].tasks[index].hasLosses { batches[batch].forgetLosses(of: index) }
    let sentAfter = (sentAt - batches[batch].addedAt).inMilliseconds
    effects.append(
      .taskEnded(
        TaskEnd(
          batch: batches[batch].id, index: index, status: status, detail: detail,
          node: end?.lostTask == true ? nil : nodes[node].name,
          attempts: Int(batches[batch].tasks[index].attempts), mayHaveActed: batches[batch].tasks[index].mayHaveActed,
          queuedMilliseconds: sentAfter + (end?.startedMilliseconds ?? 0),
          durationMilliseconds: end?.durationMilliseconds ?? now.map { ($0 - sentAt).inMilliseconds } ?? 0)))
  }
}

extension AttemptEnd {
  /// False only where it surely had no effect.
  var mayHaveActed: Bool {
    switch outcome {
    case .ok: true
    case .error(let error): error.hasBegun && error.mayHaveActed
    case .cancelled(let mayHaveActed): mayHaveActed
    case .notBegun, .lostTask: false
    }
  }

  /// Whether no node ever saw it.
  fileprivate var lostTask: Bool { if case .lostTask = outcome { true } else { false } }

  /// Whether it is work that the node did.
  fileprivate var wasAttempt: Bool {
    switch outcome {
    case .notBegun, .lostTask: false
    case .error(let error): error.hasBegun
    case .ok, .cancelled: true
    }
  }

  /// Whether it says how long such a task takes.
  fileprivate var wasTimed: Bool {
    if case .cancelled = outcome { false } else { wasAttempt }
  }
}

extension BatchState {
  mutating func countAttempt(of index: Int) {
    setAttempts(tasks[index].attempts &+ 1, of: index)
  }
}
