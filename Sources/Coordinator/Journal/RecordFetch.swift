import Batch

/// Fetches single records of a log by their numbers, ascending, with as few reads as their places allow.
///
/// Guarded by: the loop's thread. The engine's read keeps it alive.
final class RecordFetch {
  /// Why it gave no more.
  enum Ending {
    /// What is not among the records is damaged.
    case whole
    /// It was more than the limit's bytes.
    case cutShort
    /// The log could not be read, and what is missing may be there.
    case unreadable
  }

  typealias Places = (_ number: Int) -> (before: SparsePlaces.Place, after: SparsePlaces.Place?)

  private let engine: any JournalEngine
  private let log: JournalLog
  private let wanted: [Int]
  private let byteLimit: Int
  private let places: Places
  private var next = 0
  private var found: [JournalRecord] = []
  private var foundBytes = 0
  private var number: (JournalRecord) -> Int? = { _ in nil }
  private var then: ([JournalRecord], Ending) -> Void = { _, _ in }

  init(
    _ engine: any JournalEngine, _ log: JournalLog, _ wanted: [Int], byteLimit: Int, places: @escaping Places
  ) {
    (self.engine, self.log, self.wanted, self.byteLimit, self.places) = (engine, log, wanted, byteLimit, places)
  }

  /// - Parameters:
  ///   - number: of a record; nil for one that has none.
  ///   - then: gets the records that are there.
  func start(number: @escaping (JournalRecord) -> Int?, _ then: @escaping ([JournalRecord], Ending) -> Void) {
    (self.number, self.then) = (number, then)
    readNext()
  }

  private func readNext() {
    guard next < wanted.count, foundBytes <= byteLimit else { return finish() }
    let start = places(wanted[next]).before
    // As many of the following ones as lie near enough for one read.
    var end = start.offset
    var last = next
    while last < wanted.count {
      let after = places(wanted[last]).after?.offset ?? engine.end(of: log)
      guard last == next || after - start.offset <= JournalLimits.readBytes else { break }
      end = after
      last += 1
    }
    read(from: start.offset, count: min(end - start.offset, max(JournalLimits.readBytes, 1)), end: end)
  }

  private func read(from offset: Int, count: Int, end: Int) {
    engine.read(log, from: offset, count: count) { [self] bytes in
      guard let bytes else { return then(found, .unreadable) }
      let before = next
      var scanner = RecordScanner(from: offset)
      _ = scanner.take(bytes) { _, payload in take(payload) }
      if bytes.count < count || offset + count >= end {
        // All of it was there; what is not found is lost.
        if next == before { next += 1 }
        return readNext()
      }
      // A record may be longer than what was read of it: the same again, and more.
      read(from: offset, count: min(count * 4, end - offset), end: end)
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

  private func finish() { then(found, next < wanted.count && foundBytes > byteLimit ? .cutShort : .whole) }
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

  func start(_ then: @escaping ([JournalRecord]) -> Void) {
    let count = min(max(wantedBytes + wantedBytes / 4, JournalLimits.readBytes / 4), JournalLimits.scanBytes)
    engine.read(log, from: offset, count: count) { [self] bytes in
      guard let bytes else { return then(found) }
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
      if wantsMore, !bytes.isEmpty { start(then) } else { then(found) }
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

  func start(_ then: @escaping () -> Void) {
    engine.read(log, from: offset, count: JournalLimits.scanBytes) { [self] bytes in
      let bytes = bytes ?? []
      offset += bytes.count
      _ = scanner.take(bytes) { offset, payload in
        if let record = JournalRecord(payload) { visit(record, offset) }
        return true
      }
      if bytes.isEmpty { then() } else { start(then) }
    }
  }
}
