import Batch
import Clockwork
import JSON

/// One batch in the journal. Tasks are numbered from 0 by their index, results from 1 by their `seq`.
///
/// Memory holds four bytes a task (the `seq` of its result) and a place for each 8 KiB of a log; of a batch that has
/// ended, nothing until it is read.
/// Guarded by: the loop's thread.
final class BatchJournal {
  let id: UUIDv7
  let engine: any JournalEngine
  let tasks: JournalLog
  let results: JournalLog
  /// Told when a batch that has ended holds its index again.
  var onIndexed: (BatchJournal) -> Void = { _ in }
  private(set) var taskCount = 0
  /// The last result's `seq`.
  private(set) var resultCount = 0
  var taskPlaces = SparsePlaces()
  var index: ResultIndex
  private var lanes: [TaskLane: UInt32] = [:]
  private var nodes: [String: UInt16] = [:]
  private var nextNode: UInt16 = 0
  /// The last ones that were looked up: mostly the next ones, too.
  private var lastLane: (lane: TaskLane, number: UInt32)?
  private var lastNode: (name: String, number: UInt16)?
  private var lanesWritten: UInt32 = 0
  /// What was appended and is not handed to the engine yet: in pieces, for a record is small.
  private var taskWriter = RecordWriter()
  private var resultWriter = RecordWriter()
  /// Where the engine's logs end; nil when the engine is to be asked.
  private var taskEnd: Int?
  private var resultEnd: Int?

  /// What a reader needs to find results.
  enum ResultIndex {
    case known(seqs: [UInt32], places: SparsePlaces)
    /// To be read from the logs when somebody asks; those who wait.
    case unknown(waiting: [() -> Void])
  }

  private struct TaskLane: Hashable {
    let type: String
    let priority: Int
    let key: String?
    let limit: TaskLimit?
  }

  init(_ id: UUIDv7, _ engine: any JournalEngine) {
    (self.id, self.engine) = (id, engine)
    tasks = JournalLog(batch: id, kind: .tasks)
    results = JournalLog(batch: id, kind: .results)
    index = .known(seqs: [], places: SparsePlaces())
    engine.create(tasks)
    engine.create(results)
  }

  /// One that the engine has.
  init(_ id: UUIDv7, _ engine: any JournalEngine, _ recovery: consuming BatchRecovery) {
    (self.id, self.engine) = (id, engine)
    tasks = JournalLog(batch: id, kind: .tasks)
    results = JournalLog(batch: id, kind: .results)
    taskCount = recovery.table.count
    resultCount = recovery.resultCount
    taskPlaces = recovery.taskPlaces
    lanesWritten = recovery.lanesWritten
    for (number, name) in recovery.nodeNames { nodes[name] = number }
    nextNode = recovery.nextNode
    index = .known(seqs: recovery.seqs, places: recovery.resultPlaces)
  }

  init(_ id: UUIDv7, _ engine: any JournalEngine, ended outcome: BatchOutcome) {
    (self.id, self.engine) = (id, engine)
    tasks = JournalLog(batch: id, kind: .tasks)
    results = JournalLog(batch: id, kind: .results)
    taskCount = outcome.progress.counts.total
    resultCount = outcome.resultCount
    index = .unknown(waiting: [])
  }

  // MARK: Appending

  /// - Parameter isRefused: it is never sent, for it could not be made of its items.
  func appendTask(_ spec: TaskSpec, isRefused: Bool = false) {
    let lane = TaskLane(type: spec.type, priority: spec.priority, key: spec.key, limit: spec.limit)
    let number = lastLane?.lane == lane ? lastLane!.number : lanes[lane] ?? add(lane)
    lastLane = (lane, number)
    taskPlaces.note(taskCount, at: end(of: tasks, &taskEnd) + taskWriter.bytes.count)
    JournalRecord.task(
      JournalRecord.TaskRecord(
        index: UInt32(taskCount), lane: number, attempts: UInt16(clamping: spec.attempts),
        isRepeatable: spec.isRepeatable, isRefused: isRefused, id: spec.id?.bytes ?? [], bytes: spec.bytes)
    ).write(into: &taskWriter)
    taskCount += 1
    if taskWriter.bytes.count >= JournalLimits.pieceBytes { flushTasks() }
  }

  private func add(_ lane: TaskLane) -> UInt32 {
    // What is forgotten is written once more.
    if lanes.count >= JournalLimits.lanesRemembered { lanes = [:] }
    lanesWritten += 1
    lanes[lane] = lanesWritten
    JournalRecord.lane(
      number: lanesWritten,
      JournalRecord.LaneRecord(
        type: lane.type, priority: Int8(clamping: lane.priority), key: lane.key.map { TaskKey($0.utf8) },
        limit: lane.limit)
    ).write(into: &taskWriter)
    return lanesWritten
  }

  /// Appends what tasks took from pools, the first of them with this index.
  func appendTaken(_ tasks: some Collection<[ItemUse]>, first: Int) {
    guard let width = tasks.first?.count else { return }
    JournalRecord.taken(first: UInt32(first), width: width, items: tasks.flatMap(\.self)).write(into: &taskWriter)
  }

  /// All tasks so far are the batch's.
  func accept(_ manifest: BatchManifest) {
    JournalRecord.accepted(total: taskCount, manifest: manifest.bytes[...]).write(into: &taskWriter)
    flushTasks()
  }

  /// An open batch takes no more.
  func appendClosed() {
    JournalRecord.closed.write(into: &taskWriter)
    flushTasks()
  }

  /// Where the log of tasks stands.
  struct TaskMark {
    let count: Int
    fileprivate let offset: Int
  }

  func markTasks() -> TaskMark {
    flushTasks()
    return TaskMark(count: taskCount, offset: engine.end(of: tasks))
  }

  /// Takes back what was appended to the log of tasks since; calls `then` once no later coordinator can find it.
  func cutTasks(to mark: TaskMark, _ then: @escaping () -> Void) {
    flushTasks()
    guard engine.end(of: tasks) > mark.offset else { return then() }
    taskCount = mark.count
    taskPlaces.cut(at: mark.offset)
    // Some of them may have been written behind the mark.
    lanes = [:]
    lastLane = nil
    taskEnd = nil
    engine.cut(tasks, at: mark.offset, then)
  }

  /// Appends the result of a task that has none; `line` is its NDJSON line with `seq` and line break.
  func appendResult(_ line: ArraySlice<UInt8>, of end: TaskEnd, items: ItemsEnd = .used) {
    guard case .known(var seqs, var places) = index else { preconditionFailure("a result for a batch that has ended") }
    index = .unknown(waiting: [])
    if seqs.count < taskCount { seqs += Array(repeating: 0, count: taskCount - seqs.count) }
    precondition(seqs[end.index] == 0, "a second result for task \(end.index)")
    resultCount += 1
    seqs[end.index] = UInt32(resultCount)
    let node = end.node.map(number)
    places.note(resultCount, at: self.end(of: results, &resultEnd) + resultWriter.bytes.count)
    JournalRecord.ResultRecord(
      seq: UInt32(resultCount), index: UInt32(end.index), status: end.status, node: node,
      attempts: UInt16(clamping: end.attempts), durationMicroseconds: end.durationMicroseconds, itemsEnd: items,
      line: line
    ).write(into: &resultWriter)
    index = .known(seqs: seqs, places: places)
    if resultWriter.bytes.count >= JournalLimits.pieceBytes { flushResults() }
  }

  private func number(ofNode name: String) -> UInt16 {
    if let lastNode, lastNode.name == name { return lastNode.number }
    let number = nodes[name] ?? add(node: name)
    lastNode = (name, number)
    return number
  }

  private func add(node name: String) -> UInt16 {
    // Names beyond that are told in the results themselves; only the counts of a restarted coordinator lack them.
    guard nextNode < UInt16.max else { return .max }
    let number = nextNode
    nextNode += 1
    nodes[name] = number
    JournalRecord.node(number: number, name: name).write(into: &resultWriter)
    return number
  }

  /// Appends an attempt that was not its task's last. It is durable with the next result or intent of the batch, not
  /// by itself: a coordinator that is killed before that makes the attempt again and tells of one less.
  ///
  /// - Parameters:
  ///   - counted: attempts of the task that count now.
  ///   - detail: JSON.
  func appendAttempt(of index: Int, counted: Int, detail: [UInt8]) {
    JournalRecord.attempt(index: index, attempts: UInt16(clamping: counted), detail: detail[...])
      .write(into: &resultWriter)
  }

  /// Appends that these tasks, which are not repeatable, go to a node.
  func appendSent(_ indexes: [UInt32], shard: UUIDv7, node: String) {
    JournalRecord.sent(shard: shard, node: node, indexes: indexes).write(into: &resultWriter)
  }

  /// Appends that tasks which were sent have surely not begun.
  func appendReturned(_ indexes: [UInt32]) { JournalRecord.returned(indexes: indexes).write(into: &resultWriter) }

  /// Appends that a node went down with tasks.
  func appendLost(_ loss: JournalRecord.LossRecord) { JournalRecord.lost(loss).write(into: &resultWriter) }

  func appendCancelled() { JournalRecord.cancelled.write(into: &resultWriter) }

  /// Appends how the batch ended, and lets go of what only a running one needs.
  func end(_ manifest: BatchManifest, _ outcome: BatchOutcome, _ then: @escaping () -> Void) {
    flushResults()
    let log = JournalLog(batch: id, kind: .ended)
    engine.makeDurable(results) { [self] in
      engine.create(log)
      engine.append(EndedBatch.record(manifest, outcome), to: log)
      engine.makeDurable(log, then)
    }
    (lanes, nodes, lastLane, lastNode) = ([:], [:], nil, nil)
    onIndexed(self)
  }

  /// Appends where the callback of a batch that has ended stands.
  func append(_ callback: CallbackState, _ then: @escaping () -> Void) {
    let log = JournalLog(batch: id, kind: .ended)
    engine.append(EndedBatch.record(callback), to: log)
    engine.makeDurable(log, then)
  }

  // MARK: Durability

  func makeTasksDurable(_ then: @escaping () -> Void) {
    flushTasks()
    engine.makeDurable(tasks, then)
  }

  func makeResultsDurable(_ then: @escaping () -> Void) {
    flushResults()
    engine.makeDurable(results, then)
  }

  func flushTasks() { flush(&taskWriter, to: tasks, &taskEnd) }
  func flushResults() { flush(&resultWriter, to: results, &resultEnd) }

  private func end(of log: JournalLog, _ known: inout Int?) -> Int {
    if let known { return known }
    let end = engine.end(of: log)
    known = end
    return end
  }

  private func flush(_ writer: inout RecordWriter, to log: JournalLog, _ end: inout Int?) {
    guard !writer.bytes.isEmpty else { return }
    engine.append(writer.bytes, to: log)
    end = nil
    writer.bytes.removeAll(keepingCapacity: writer.bytes.count < 2 * JournalLimits.pieceBytes)
  }

  /// Bytes that wait for the disk.
  var pendingBytes: Int { engine.pendingBytes(of: tasks) + engine.pendingBytes(of: results) }
}

extension TaskEnd {
  var durationMicroseconds: UInt64 { UInt64(max(0, min(durationMilliseconds * 1_000, 1e15))) }
}
