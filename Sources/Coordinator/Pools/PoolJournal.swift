import Batch
import Clockwork

/// One pool in the journal: the log of its items, numbered from 0, and the log of the uses that are over.
///
/// Two logs, for what comes of a call that finds no room is taken back from the first one; a use never is. Memory holds
/// a place for each 8 KiB of items.
/// Guarded by: the loop's thread.
final class PoolJournal {
  private let engine: any JournalEngine
  private let items: JournalLog
  private let uses: JournalLog
  /// Items that were appended.
  private(set) var count = 0
  private var places = SparsePlaces()
  /// What was appended and is not handed to the engine yet.
  private var writer = RecordWriter()

  init(_ id: UUIDv7, _ engine: any JournalEngine) {
    self.engine = engine
    (items, uses) = (JournalLog(batch: id, kind: .items), JournalLog(batch: id, kind: .uses))
    engine.create(items)
    engine.create(uses)
  }

  /// One that the engine has.
  init(_ id: UUIDv7, _ engine: any JournalEngine, _ recovery: borrowing PoolRecovery) {
    self.engine = engine
    (items, uses) = (JournalLog(batch: id, kind: .items), JournalLog(batch: id, kind: .uses))
    (count, places) = (recovery.count, recovery.places)
  }

  var byteCount: Int { engine.end(of: items) + engine.end(of: uses) }

  // MARK: Items

  func append(_ manifest: PoolManifest) { write(.pool(manifest.bytes[...])) }

  func append(item: ArraySlice<UInt8>) {
    places.note(count, at: engine.end(of: items) + writer.bytes.count)
    write(.item(number: UInt32(count), bytes: item))
    count += 1
  }

  /// All items so far are the pool's.
  func accept(_ addition: BatchManifest.Addition?) {
    write(.itemsAccepted(total: count, addition: (addition?.bytes ?? [])[...]))
    flush()
  }

  func appendClosed() {
    write(.poolClosed)
    flush()
  }

  func makeItemsDurable(_ then: @escaping () -> Void) {
    flush()
    engine.makeDurable(items, then)
  }

  /// Where the log of items stands.
  struct Mark {
    fileprivate let count: Int
    fileprivate let offset: Int
  }

  func mark() -> Mark {
    flush()
    return Mark(count: count, offset: engine.end(of: items))
  }

  /// Takes back what was appended to the log of items since; calls `then` once no later coordinator can find it.
  func cut(to mark: Mark, _ then: @escaping () -> Void) {
    flush()
    guard engine.end(of: items) > mark.offset else { return then() }
    count = mark.count
    places.cut(at: mark.offset)
    engine.cut(items, at: mark.offset, then)
  }

  private func write(_ record: JournalRecord) {
    record.write(into: &writer)
    if writer.bytes.count >= JournalLimits.pieceBytes { flush() }
  }

  private func flush() {
    guard !writer.bytes.isEmpty else { return }
    engine.append(writer.bytes, to: items)
    writer.bytes.removeAll(keepingCapacity: writer.bytes.count < 2 * JournalLimits.pieceBytes)
  }

  /// Items by their numbers, ascending; one whose record is lost is left out, and all that come after so many bytes.
  func read(
    _ numbers: [Int], upTo bytes: Int,
    _ then: @escaping (Result<(items: [Int: ArraySlice<UInt8>], isCut: Bool), UnreadableLog>) -> Void
  ) {
    flush()
    RecordFetch(engine, items, numbers, byteLimit: bytes) { (places.before($0), places.after($0)) }
      .start(number: { record in
        guard case .item(let number, _) = record else { return nil }
        return Int(number)
      }) { fetched in
        then(
          fetched.map { records, isCut in
            var found: [Int: ArraySlice<UInt8>] = [:]
            for case .item(let number, let bytes) in records { found[Int(number)] = bytes }
            return (found, isCut)
          })
      }
  }

  // MARK: Uses

  func append(_ settlements: [ItemSettlement]) {
    var record = RecordWriter()
    JournalRecord.itemsSettled(settlements).write(into: &record)
    engine.append(record.bytes, to: uses)
  }

  func makeUsesDurable(_ then: @escaping () -> Void) { engine.makeDurable(uses, then) }
}
