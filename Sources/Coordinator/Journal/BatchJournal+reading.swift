import Batch
import Clockwork
import JSON

/// Finding records again: from the nearest place on, record by record.
extension BatchJournal {
  typealias Readout<Value> = Result<Value, UnreadableLog>

  /// Tasks by index, ascending; one whose record is lost is left out.
  func readTasks(_ indexes: [Int], _ then: @escaping (Readout<[Int: JournalTask]>) -> Void) {
    let wanted = indexes.sorted()
    withIndex { [self] index in
      guard case .success = index else { return then(.failure(UnreadableLog())) }
      flushTasks()
      RecordFetch(engine, tasks, wanted, byteLimit: .max) { (taskPlaces.before($0), taskPlaces.after($0)) }
        .start(number: { record in
          guard case .task(let task) = record else { return nil }
          return Int(task.index)
        }) { fetched in
          then(
            fetched.map { found in
              var tasks: [Int: JournalTask] = [:]
              for case .task(let task) in found.records {
                tasks[Int(task.index)] = JournalTask(id: task.id.isEmpty ? nil : task.id, bytes: task.bytes)
              }
              return tasks
            })
        }
    }
  }

  /// Whole results from behind `seq` on, not beyond `last`: at least one if there is one, and no more once they are
  /// `bytes` or more.
  func readResults(
    after seq: Int, through last: Int, upTo bytes: Int, _ then: @escaping (Readout<[ResultLine]>) -> Void
  ) {
    guard seq < min(last, resultCount) else { return then(.success([])) }
    withIndex { [self] index in
      guard case .success(let index) = index else { return then(.failure(UnreadableLog())) }
      flushResults()
      SequentialFetch(engine, results, from: index.places.before(seq + 1).offset, bytes: bytes) { record in
        guard case .result(let result) = record else { return .skip }
        if result.seq <= seq { return .skip }
        return result.seq <= last ? .take(result.line.count) : .stop
      }.start { then($0.map(Self.lines)) }
    }
  }

  /// The line of one task's result; nil when it has none.
  func readResult(of index: Int, _ then: @escaping (Readout<ResultLine?>) -> Void) {
    readResults(of: index..<index + 1, upTo: .max) { read in then(read.map { $0.lines.first }) }
  }

  /// The results of tasks in the order of index, of those that have one; fewer than asked for where they are large.
  ///
  /// - Parameter then: gets them, and up to which index they go.
  func readResults(
    of range: Range<Int>, upTo bytes: Int, _ then: @escaping (Readout<(lines: [ResultLine], next: Int)>) -> Void
  ) {
    withIndex { [self] index in
      guard case .success(let index) = index else { return then(.failure(UnreadableLog())) }
      flushResults()
      let wanted = range.compactMap { task in
        task < index.seqs.count && index.seqs[task] > 0 ? Int(index.seqs[task]) : nil
      }
      guard !wanted.isEmpty else { return then(.success(([], range.upperBound))) }
      RecordFetch(engine, results, wanted.sorted(), byteLimit: range.count == 1 ? .max : bytes * 8) {
        (index.places.before($0), index.places.after($0))
      }.start(number: { record in
        guard case .result(let result) = record else { return nil }
        return Int(result.seq)
      }) { [self] fetched in
        guard case .success(let found) = fetched else { return then(.failure(UnreadableLog())) }
        // They come in the order of completion: what is cut short may lack any of them, so the first is read alone.
        if found.isCutShort { return readResults(of: range.prefix(max(1, range.count / 16)), upTo: bytes, then) }
        var bySeq: [Int: ResultLine] = [:]
        for line in Self.lines(found.records) { bySeq[line.seq] = line }
        then(.success((wanted.compactMap { bySeq[$0] }, range.upperBound)))
      }
    }
  }

  /// What came to an open batch under an idempotency key, as its log tells: nothing of that is held in memory once the
  /// batch has ended.
  ///
  /// - Parameter then: gets nil for a key that did not come.
  func findAddition(_ key: String, _ then: @escaping (Readout<BatchManifest.Digest?>) -> Void) {
    var digest: BatchManifest.Digest?
    LogWalk(engine, tasks) { record, _ in
      guard case .accepted(_, let json) = record, let value = try? JSONValue.parse(json),
        let addition = BatchManifest(value)?.addition, addition.key == key
      else { return }
      digest = addition.digest
    }.start { isWhole in then(isWhole || digest != nil ? .success(digest) : .failure(UnreadableLog())) }
  }

  /// The first of these tasks that has no result up to that `seq`; the range's end when all have.
  func firstWithoutResult(in range: Range<Int>, through last: Int) -> Int {
    guard case .known(let seqs, _) = index else { return range.upperBound }
    return range.first { $0 >= seqs.count || seqs[$0] == 0 || Int(seqs[$0]) > last } ?? range.upperBound
  }

  /// About how many results are so many bytes.
  func resultsPerRead(of bytes: Int) -> Int {
    max(1, min(CoordinatorLimits.resultsPerTurn, bytes * max(1, resultCount) / max(1, engine.end(of: results))))
  }

  private static func lines(_ records: [JournalRecord]) -> [ResultLine] {
    records.compactMap {
      guard case .result(let result) = $0 else { return nil }
      return ResultLine(seq: Int(result.seq), status: result.status, bytes: result.line)
    }
  }

  /// Calls `then` once tasks and results can be found, or once it is known that now they cannot.
  private func withIndex(_ then: @escaping (Readout<(seqs: [UInt32], places: SparsePlaces)>) -> Void) {
    switch index {
    case .known(let seqs, let places): then(.success((seqs, places)))
    case .unknown(let waiting):
      let call = { [self] in
        if case .known(let seqs, let places) = index {
          then(.success((seqs, places)))
        } else {
          then(.failure(UnreadableLog()))
        }
      }
      index = .unknown(waiting: waiting + [call])
      if waiting.isEmpty { rebuild() }
    }
  }

  /// Reads both logs of a batch that has ended once more. What lacks a part is no index: the next one who asks tries
  /// again.
  private func rebuild() {
    let building = IndexBuilding(taskCount: taskCount)
    LogWalk(engine, tasks) { building.takeTask($0, at: $1) }.start { [self] isWhole in
      guard isWhole else { return rebuilt(nil) }
      LogWalk(engine, results) { building.takeResult($0, at: $1) }.start { [self] isWhole in
        rebuilt(isWhole ? building : nil)
      }
    }
  }

  private func rebuilt(_ building: IndexBuilding?) {
    guard case .unknown(let waiting) = index else { return }
    index = .unknown(waiting: [])
    if let building {
      taskPlaces = building.taskPlaces
      index = .known(seqs: building.seqs, places: building.resultPlaces)
      onIndexed(self)
    }
    for call in waiting { call() }
  }

  /// Forgets where results are: the logs tell it again.
  func forgetIndex() {
    guard case .known = index else { return }
    index = .unknown(waiting: [])
    taskPlaces = SparsePlaces()
  }
}

/// What a walk through a batch's logs finds.
///
/// Guarded by: the loop's thread.
private final class IndexBuilding {
  var taskPlaces = SparsePlaces()
  var resultPlaces = SparsePlaces()
  var seqs: [UInt32]

  init(taskCount: Int) { seqs = Array(repeating: 0, count: taskCount) }

  func takeTask(_ record: JournalRecord, at offset: Int) {
    if case .task(let task) = record { taskPlaces.note(Int(task.index), at: offset) }
  }

  func takeResult(_ record: JournalRecord, at offset: Int) {
    guard case .result(let result) = record, Int(result.index) < seqs.count, seqs[Int(result.index)] == 0 else {
      return
    }
    seqs[Int(result.index)] = result.seq
    resultPlaces.note(Int(result.seq), at: offset)
  }
}
