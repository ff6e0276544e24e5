import Batch

/// Fetches single records of a log by their numbers, ascending, with as few reads as their places allow.
///
/// Guarded by: the loop's thread. The engine's read keeps it alive.
final class RecordFetch {
  typealias Places = (_ number: Int) -> (before: SparsePlaces.Place, after: SparsePlaces.Place?)
  typealias Records = (records: [JournalRecord], isCutShort: Bool)

  private let engine: any JournalEngine
  private let log: JournalLog
  private let wanted: [Int]
  private let byteLimit: Int
  /// Of each that is wanted, as they were at the beginning: an index may be forgotten while this reads.
  private let spans: [(start: Int, end: Int)]
  private var next = 0
  /// Where those end that the reads under way look for, in `wanted` and in the log.
  private var goal = (next: 0, end: 0)
  private var scanner = RecordScanner()
  private var found: [JournalRecord] = []
  private var foundBytes = 0
  private var number: (JournalRecord) -> Int? = { _ in nil }
  private var then: (Result<Records, UnreadableLog>) -> Void = { _ in }

  init(_ engine: any JournalEngine, _ log: JournalLog, _ wanted: [Int], byteLimit: Int, places: Places) {
    (self.engine, self.log, self.wanted, self.byteLimit) = (engine, log, wanted, byteLimit)
    let end = engine.end(of: log)
    spans = wanted.map { number in
      let (before, after) = places(number)
      return (before.offset, after?.offset ?? end)
    }
  }

  /// - Parameters:
  ///   - number: of a record; nil for one that has none.
  ///   - then: gets the records that are there. It is cut short once they are more than the limit's bytes.
  func start(number: @escaping (JournalRecord) -> Int?, _ then: @escaping (Result<Records, UnreadableLog>) -> Void) {
    (self.number, self.then) = (number, then)
    readNext()
  }

  private func readNext() {
    guard next < wanted.count, foundBytes <= byteLimit else { return finish() }
    let start = spans[next].start
    goal = (next + 1, spans[next].end)
    // As many of the following ones as lie near enough for one read.
    while goal.next < wanted.count, spans[goal.next].end - start <= JournalLimits.readBytes {
      goal = (goal.next + 1, spans[goal.next].end)
    }
    scanner = RecordScanner(from: start)
    read(from: start)
  }

  /// A record may be longer than one read: the scanner keeps its beginning.
  private func read(from offset: Int) {
    let count = max(0, min(goal.end - offset, JournalLimits.scanBytes))
    engine.read(log, from: offset, count: count) { [self] bytes in
      guard let bytes else { return then(.failure(UnreadableLog())) }
      let wantsMore = scanner.take(bytes) { _, payload in take(payload) }
      let isOver = !wantsMore || bytes.count < count || offset + count >= goal.end
      guard isOver else { return read(from: offset + count) }
      // Behind a damaged length, others may lie.
      if wantsMore { _ = scanner.finish { _, payload in take(payload) } }
      // All of it was there; what is not found is lost.
      if foundBytes <= byteLimit { next = max(next, goal.next) }
      readNext()
    }
  }

  /// - Returns: whether more is wanted.
  private func take(_ payload: ArraySlice<UInt8>) -> Bool {
    guard let record = JournalRecord(payload), let number = number(record) else { return true }
    while next < wanted.count, wanted[next] < number { next += 1 }
    guard next < wanted.count else { return false }
    if wanted[next] == number {
      found.append(record)
      foundBytes += payload.count
      next += 1
    }
    return next < wanted.count && foundBytes <= byteLimit
  }

  private func finish() { then(.success((found, next < wanted.count && foundBytes > byteLimit))) }
}

/// Fetches records one behind the other until they are so many bytes.
///
/// Guarded by: the loop's thread. The engine's read keeps it alive.
final class SequentialFetch {
  enum Choice {
    case skip
    /// Counts as so many bytes.
    case take(Int)
    case stop
  }

  private let engine: any JournalEngine
  private let log: JournalLog
  private let wantedBytes: Int
  private let choose: (JournalRecord) -> Choice
  private var scanner: RecordScanner
  private var offset: Int
  private var found: [JournalRecord] = []
  private var foundBytes = 0

  init(
    _ engine: any JournalEngine, _ log: JournalLog, from offset: Int, bytes: Int,
    _ choose: @escaping (JournalRecord) -> Choice
  ) {
    (self.engine, self.log, self.offset, wantedBytes, self.choose) = (engine, log, offset, bytes, choose)
    scanner = RecordScanner(from: offset)
  }

  /// - Parameter then: gets those before a failure, if there are any.
  func start(_ then: @escaping (Result<[JournalRecord], UnreadableLog>) -> Void) {
    let count = min(max(wantedBytes + wantedBytes / 4, JournalLimits.readBytes / 4), JournalLimits.scanBytes)
    engine.read(log, from: offset, count: count) { [self] bytes in
      guard let bytes else { return then(found.isEmpty ? .failure(UnreadableLog()) : .success(found)) }
      offset += bytes.count
      let wantsMore = scanner.take(bytes) { _, payload in
        guard let record = JournalRecord(payload) else { return true }
        switch choose(record) {
        case .skip: return true
        case .stop: return false
        case .take(let count):
          found.append(record)
          foundBytes += count
          return foundBytes < wantedBytes
        }
      }
      if wantsMore, !bytes.isEmpty { start(then) } else { then(.success(found)) }
    }
  }
}

/// Walks through all records of a log.
///
/// Guarded by: the loop's thread. The engine's read keeps it alive.
final class LogWalk {
  private let engine: any JournalEngine
  private let log: JournalLog
  private let visit: (JournalRecord, _ offset: Int) -> Void
  private var scanner = RecordScanner()
  private var offset = 0

  init(_ engine: any JournalEngine, _ log: JournalLog, _ visit: @escaping (JournalRecord, Int) -> Void) {
    (self.engine, self.log, self.visit) = (engine, log, visit)
  }

  /// - Parameter then: told whether these were all.
  func start(_ then: @escaping (_ isWhole: Bool) -> Void) {
    engine.read(log, from: offset, count: JournalLimits.scanBytes) { [self] bytes in
      guard let bytes else { return then(false) }
      offset += bytes.count
      _ = scanner.take(bytes) { offset, payload in
        if let record = JournalRecord(payload) { visit(record, offset) }
        return true
      }
      if bytes.isEmpty { then(true) } else { start(then) }
    }
  }
}
