import Batch
import Clockwork

/// Those who submit batches and cancel them: they ask again until they are answered.
extension BatchWorld {
  private static let patience = Duration.seconds(2)

  mutating func submit(_ number: Int) {
    guard !batches[number].isAnswered else { return }
    heap.plan(.submit(number), at: now + Self.patience)
    guard let coordinator, !coordinator.journal.isInTrouble else { return }
    let key = batches[number].key
    if let known = coordinator.keys[key] { return answer(number, known) }
    guard !coordinator.drafts.values.contains(where: { $0.number == number }) else { return }
    let id = nextID()
    begin(id, number)
    makeDurable(VirtualDisk.Log(batch: id, kind: .tasks), .accepted(id))
  }

  /// Later batches have greater ids, also within a millisecond.
  private mutating func nextID() -> UUIDv7 {
    var time = wallClock
    var id = UUIDv7(at: time, using: &generator)
    while let latest = coordinator?.latestID, id <= latest {
      time.milliseconds += 1
      id = UUIDv7(at: time, using: &generator)
    }
    coordinator?.latestID = id
    return id
  }

  /// Writes a batch's tasks, as `BatchJournal` does.
  private mutating func begin(_ id: UUIDv7, _ number: Int) {
    let log = VirtualDisk.Log(batch: id, kind: .tasks)
    coordinator?.journal.create(log)
    coordinator?.journal.create(VirtualDisk.Log(batch: id, kind: .results))
    var table = TaskTable()
    var lanes: [JournalRecord.LaneRecord] = []
    for (index, task) in batches[number].tasks.enumerated() {
      let key = task.key.map { TaskKey($0.utf8) }
      let lane = JournalRecord.LaneRecord(
        type: task.type, priority: Int8(clamping: task.priority), key: key, limit: task.limit)
      if !lanes.contains(lane) {
        lanes.append(lane)
        coordinator?.journal.append(.lane(number: UInt32(lanes.count), lane), to: log)
      }
      let record = JournalRecord.TaskRecord(
        index: UInt32(index), lane: UInt32((lanes.firstIndex(of: lane) ?? 0) + 1), attempts: UInt16(task.attempts),
        isRepeatable: task.isRepeatable, id: [], bytes: Array("{\"task\":\"\(task.type)\"}".utf8)[...])
      coordinator?.journal.append(.task(record), to: log)
      if fault == .losesTask, index == batches[number].tasks.count - 1 { continue }
      table.append(
        type: task.type, key: key, limit: fault == .impolite ? nil : task.limit, attempts: task.attempts,
        repeatable: task.isRepeatable, priority: task.priority)
    }
    let manifest = BatchManifest(id: id, createdAt: wallClock, idempotencyKey: batches[number].key)
    let accepted = JournalRecord.accepted(total: batches[number].tasks.count, manifest: manifest.bytes[...])
    coordinator?.journal.append(accepted, to: log)
    coordinator?.drafts[id] = VirtualCoordinator.Draft(number: number, manifest: manifest, table: table)
    numbers[id] = number
  }

  mutating func accepted(_ id: UUIDv7) {
    guard let draft = coordinator?.drafts.removeValue(forKey: id) else { return }
    let total = batches[draft.number].tasks.count
    coordinator?.batches[id] = VirtualCoordinator.Batch(
      manifest: draft.manifest, number: draft.number, total: total, seqs: Array(repeating: 0, count: total))
    coordinator?.order.append(id)
    let key = batches[draft.number].key
    coordinator?.keys[key] = id
    trace.line(now, "batch \(draft.number) is accepted with \(total) tasks")
    answer(draft.number, id)
    feed(.batchAdded(id, draft.table))
  }

  private mutating func answer(_ number: Int, _ id: UUIDv7) {
    guard !happens(.unanswered) else { return }
    heap.plan(.answered(number, id), at: now + delay())
  }

  mutating func answered(_ number: Int, _ id: UUIDv7) {
    batches[number].isAnswered = true
    batches[number].id = id
    checkers.readers.accepted(id, key: batches[number].key, at: now)
    watchTheEnd()
  }

  /// The disk is full: what waits for it is refused, and comes again.
  mutating func refuseDrafts() {
    guard let drafts = coordinator?.drafts else { return }
    for id in drafts.keys.sorted() {
      coordinator?.drafts[id] = nil
      coordinator?.journal.drop(id)
      disk.remove(id)
    }
  }

  // MARK: Cancelling

  mutating func cancel(_ number: Int) {
    guard !batches[number].cancelPromised else { return }
    heap.plan(.cancel(number), at: now + Self.patience * 2)
    guard let id = batches[number].id, let batch = coordinator?.batches[id] else { return }
    guard batch.outcome == nil else {
      batches[number].cancelPromised = true
      return
    }
    trace.line(now, "batch \(number) is cancelled")
    coordinator?.journal.append(.cancelled, to: VirtualDisk.Log(batch: id, kind: .results))
    makeDurable(VirtualDisk.Log(batch: id, kind: .results), .cancelled(id))
    if let place = coordinator?.takeover.waiting.firstIndex(where: { $0.id == id }) {
      coordinator?.takeover.waiting[place].isCancelled = true
    } else {
      feed(.cancel(id))
    }
  }

  /// The answer is given when the end is durable, or after a while with what is known.
  mutating func promiseEnd(of number: Int) {
    guard let id = batches[number].id else { return }
    batches[number].cancelPromised = true
    checkers.readers.cancelPromised(id)
  }
}
