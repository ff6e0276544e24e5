import Batch
import Clockwork

/// What the coordinator does, measured, and what comes of it.
extension DispatchScaling {
  mutating func feed(_ input: Scheduler.Input, at now: Instant, isReport: Bool = false) {
    var effects: [Scheduler.Effect] = []
    let before = processorTime()
    scheduler.handle(input, at: now, into: &effects)
    let scheduled = processorTime()
    write(effects, at: now)
    let written = processorTime()
    // Asking for the time takes time, too.
    let asking = processorTime() - written
    let (scheduling, writing) = (max(.zero, scheduled - before - asking), max(.zero, written - scheduled - asking))
    busyUntil += scheduling + writing
    if isMeasuring {
      if isReport { figures.reports += scheduling } else { figures.scheduling += scheduling }
      figures.writing += writing
    }
    for effect in effects { perform(effect) }
  }

  /// As `ResultKeeper` and `BatchJournal` write results down.
  private mutating func write(_ effects: [Scheduler.Effect], at now: Instant) {
    var line: [UInt8] = []
    for case .taskEnded(let end) in effects {
      seq += 1
      line.removeAll(keepingCapacity: true)
      TaskResult.write(end, seq: seq, id: nil, into: &line)
      JournalRecord.ResultRecord(
        seq: UInt32(truncatingIfNeeded: seq), index: UInt32(end.index), status: end.status, node: 0,
        attempts: UInt16(clamping: end.attempts), durationMicroseconds: UInt64(end.durationMilliseconds * 1_000),
        line: line[...]
      ).write(into: &results)
    }
    if results.bytes.count > 1 << 16 { results.bytes.removeAll(keepingCapacity: true) }
  }

  private mutating func perform(_ effect: Scheduler.Effect) {
    switch effect {
    case .send(let shard):
      if isMeasuring { figures.shards += 1 }
      feed(.transmitted(shard.id), at: busyUntil)
      run(shard)
    case .wake(let time):
      wakeAt = time
      heap.plan(.wake(time), at: time)
    case .batchEnded(let id, _):
      if let began = probes.removeValue(forKey: id) { noteProbe(began, endedAt: busyUntil) }
    default: break
    }
  }

  private static let value = Array("\"\(String(repeating: "x", count: 98))\"".utf8)[...]

  /// The node's turn: it does the shard's tasks behind all that it has, and tells their ends as they come.
  private mutating func run(_ shard: Shard) {
    guard let number = numbers[shard.node] else { preconditionFailure("a shard for \(shard.node)") }
    let arrival = busyUntil + Self.way
    nodes[number].held += shard.entries.count
    // A small one goes ahead, as the node's lines of starts have it.
    let goesAhead = shard.entries.count == 1
    for (place, entry) in shard.entries.enumerated() {
      let start = goesAhead ? arrival : max(arrival, nodes[number].freeAt)
      nodes[number].freeAt = max(arrival, nodes[number].freeAt) + nodes[number].work
      let end = AttemptEnd(
        index: Int(entry.index), outcome: .ok(Self.value), startedMilliseconds: (start - arrival).inMilliseconds,
        durationMilliseconds: nodes[number].work.inMilliseconds)
      let isLast = place == shard.entries.count - 1
      heap.plan(.ends(shard, [end], isLast: isLast), at: start + nodes[number].work + Self.way)
    }
  }
}
