import Batch
import Clockwork

/// What must outlive the coordinator: batches, their tasks and their results. Whatever engine keeps the bytes, this
/// says what they mean.
///
/// Guarded by: the loop's thread.
final class Journal {
  let engine: any JournalEngine
  private var batches: [UUIDv7: BatchJournal] = [:]
  /// Ended batches that hold their index, and how many tasks they have together.
  private var indexed: [BatchJournal] = []
  private var indexedTasks = 0

  init(_ engine: any JournalEngine) { self.engine = engine }

  /// Begins a batch that is not there yet.
  func begin(_ batch: UUIDv7) -> BatchJournal { hold(BatchJournal(batch, engine)) }

  /// Takes over a batch whose logs the engine has already.
  func restore(_ batch: UUIDv7, _ recovery: consuming BatchRecovery) -> BatchJournal {
    hold(BatchJournal(batch, engine, recovery))
  }

  /// The same for one that has ended: of its logs nothing is held until somebody reads them.
  func restore(_ manifest: BatchManifest, _ outcome: BatchOutcome) -> BatchJournal {
    hold(BatchJournal(manifest.id, engine, ended: outcome))
  }

  private func hold(_ journal: BatchJournal) -> BatchJournal {
    journal.onIndexed = { [weak self] in self?.noteIndexed($0) }
    batches[journal.id] = journal
    return journal
  }

  /// Of the batches that have ended, those that did so or were read last keep their index in memory.
  private func noteIndexed(_ batch: BatchJournal) {
    indexed.append(batch)
    indexedTasks += batch.taskCount
    while indexedTasks > JournalLimits.indexedTasks, indexed.count > 1 {
      let oldest = indexed.removeFirst()
      indexedTasks -= oldest.taskCount
      oldest.forgetIndex()
    }
  }

  /// Forgets a batch and frees what it holds; calls `then` once no later coordinator can find it.
  func drop(_ batch: UUIDv7, _ then: @escaping () -> Void = {}) {
    guard batches.removeValue(forKey: batch) != nil else { return then() }
    if let place = indexed.firstIndex(where: { $0.id == batch }) {
      indexedTasks -= indexed.remove(at: place).taskCount
    }
    engine.drop(batch, then)
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
