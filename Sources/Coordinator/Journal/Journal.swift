import Batch
import Clockwork

/// What must outlive the coordinator: batches, their tasks and their results. Whatever engine keeps the bytes, this
/// says what they mean.
///
/// Guarded by: the loop's thread.
final class Journal {
  let engine: any JournalEngine
  private var batches: [UUIDv7: BatchJournal] = [:]
  private var indexed: [BatchJournal] = []

  init(_ engine: any JournalEngine) { self.engine = engine }

  /// Begins a batch that is not there yet.
  func begin(_ batch: UUIDv7) -> BatchJournal {
    let journal = BatchJournal(batch, engine)
    journal.onIndexed = { [weak self] in self?.noteIndexed($0) }
    batches[batch] = journal
    return journal
  }

  /// Takes over a batch whose logs the engine has already.
  func restore(_ batch: UUIDv7, _ recovery: consuming BatchRecovery) -> BatchJournal {
    let journal = BatchJournal(batch, engine, recovery)
    journal.onIndexed = { [weak self] in self?.noteIndexed($0) }
    batches[batch] = journal
    return journal
  }

  /// The same for one that has ended: of its logs nothing is held until somebody reads them.
  func restore(_ manifest: BatchManifest, _ outcome: BatchOutcome) -> BatchJournal {
    let journal = BatchJournal(manifest.id, engine, ended: outcome)
    journal.onIndexed = { [weak self] in self?.noteIndexed($0) }
    batches[manifest.id] = journal
    return journal
  }

  /// Of the batches that have ended, those that did so or were read last keep their index in memory.
  private func noteIndexed(_ batch: BatchJournal) {
    indexed.append(batch)
    var tasks = indexed.reduce(0) { $0 + $1.taskCount }
    while tasks > JournalLimits.indexedTasks, indexed.count > 1 {
      tasks -= indexed[0].taskCount
      indexed.removeFirst().forgetIndex()
    }
  }

  /// Forgets a batch and frees what it holds.
  func drop(_ batch: UUIDv7) {
    guard batches.removeValue(forKey: batch) != nil else { return }
    indexed.removeAll { $0.id == batch }
    engine.drop(batch)
  }

  /// What all batches hold.
  var byteCount: Int { engine.byteCount + batches.count * CoordinatorLimits.batchBytes }
}

struct JournalTask: Sendable {
  /// The submitter's name for it, a JSON string.
  let id: ArraySlice<UInt8>?
  /// One JSON object on one line.
  let bytes: ArraySlice<UInt8>

  init(id: ArraySlice<UInt8>?, bytes: ArraySlice<UInt8>) {
    self.id = id
    self.bytes = bytes
  }
}

/// One result as its reader sees it.
struct ResultLine: Sendable {
  let seq: Int
  let status: TaskState
  /// NDJSON, line break included.
  let bytes: ArraySlice<UInt8>
}
