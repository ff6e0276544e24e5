import Batch
import Clockwork

/// What must outlive the coordinator: batches, their tasks and their results. Nothing above knows how it is kept.
///
/// Guarded by: the loop's thread. Completions are called on it, in the order of the calls, perhaps before they return.
protocol Journal: AnyObject {
  /// Begins a batch that is not there yet.
  func begin(_ batch: UUIDv7) -> any BatchJournal
  /// Forgets a batch and frees what it holds.
  func drop(_ batch: UUIDv7)
  /// What all batches hold.
  var byteCount: Int { get }
}

/// One batch in the journal. Tasks are numbered from 0 by their index, results from 1 by their `seq`.
protocol BatchJournal: AnyObject {
  var taskCount: Int { get }
  var resultCount: Int { get }
  var byteCount: Int { get }

  func appendTask(_ task: JournalTask)
  /// Appends the result of a task that has none; `line` is its NDJSON line with `seq` and line break.
  func appendResult(_ line: ArraySlice<UInt8>, of index: Int, status: TaskState)
  /// Calls `then` once all that was appended before survives the loss of the process.
  func makeDurable(_ then: @escaping () -> Void)

  func readTasks(_ indices: [Int], _ then: @escaping ([JournalTask]) -> Void)
  /// Whole lines from behind `seq` on, not beyond `last`: at least one if there is one, and no more once they are
  /// `bytes` or more.
  func readResults(after seq: Int, through last: Int, upTo bytes: Int, _ then: @escaping (ResultLines) -> Void)
  /// The line of one task's result; nil when it has none.
  func readResult(of index: Int, _ then: @escaping (ArraySlice<UInt8>?) -> Void)
  func status(ofSeq seq: Int) -> TaskState
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

/// Consecutive results of a batch.
struct ResultLines: Sendable {
  let bytes: [UInt8]
  /// The last one's; what was asked for when there are none.
  let lastSeq: Int
}
