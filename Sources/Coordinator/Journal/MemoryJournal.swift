import Batch
import Clockwork

/// A journal that lasts as long as its process.
///
/// Guarded by: the loop's thread.
final class MemoryJournal: Journal {
  private var batches: [UUIDv7: MemoryBatchJournal] = [:]
  private let tally = MemoryBatchJournal.Tally()

  init() {}

  func begin(_ batch: UUIDv7) -> any BatchJournal {
    let journal = MemoryBatchJournal(tally)
    batches[batch] = journal
    return journal
  }

  func drop(_ batch: UUIDv7) { batches.removeValue(forKey: batch)?.leave() }

  var byteCount: Int { tally.bytes }
}

/// Guarded by: the loop's thread.
final class MemoryBatchJournal: BatchJournal {
  /// What all batches hold, so that nobody has to add it up.
  final class Tally {
    fileprivate(set) var bytes = 0
  }

  /// Nil once the batch is dropped: a reader may still hold it.
  private var tally: Tally?
  /// Each record is the task's id, a line break, and its bytes: neither holds a line break of its own.
  private var tasks = RecordArena()
  private var results = RecordArena()
  /// By `seq` - 1.
  private var statuses: [TaskState] = []
  /// By index: the `seq` of its result, 0 when it has none.
  private var seqs: [UInt32] = []

  init(_ tally: Tally) {
    self.tally = tally
    tally.bytes += byteCount
  }

  fileprivate func leave() {
    tally?.bytes -= byteCount
    tally = nil
  }

  var taskCount: Int { tasks.count }
  var resultCount: Int { results.count }
  var byteCount: Int { tasks.byteCount + results.byteCount + 20 * tasks.count + CoordinatorLimits.batchBytes }

  func appendTask(_ task: JournalTask) {
    let before = byteCount
    tasks.append(task.id ?? [], [0x0a], task.bytes)
    tally?.bytes += byteCount - before
  }

  func appendResult(_ line: ArraySlice<UInt8>, of index: Int, status: TaskState) {
    if seqs.isEmpty { seqs = Array(repeating: 0, count: tasks.count) }
    precondition(seqs[index] == 0, "a second result for task \(index)")
    results.append(line)
    tally?.bytes += line.count
    statuses.append(status)
    seqs[index] = UInt32(results.count)
  }

  func makeDurable(_ then: @escaping () -> Void) { then() }

  func readTasks(_ indices: [Int], _ then: @escaping ([JournalTask]) -> Void) {
    then(
      indices.map { index in
        let record = tasks[index]
        let end = record.firstIndex(of: 0x0a) ?? record.endIndex
        return JournalTask(id: end == record.startIndex ? nil : record[..<end], bytes: record[(end + 1)...])
      })
  }

  func readResults(after seq: Int, through last: Int, upTo bytes: Int, _ then: @escaping (ResultLines) -> Void) {
    let (lines, end) = results.copy(seq..<min(last, results.count), upTo: bytes)
    then(ResultLines(bytes: lines, lastSeq: end))
  }

  func readResult(of index: Int, _ then: @escaping (ArraySlice<UInt8>?) -> Void) {
    guard index < seqs.count, seqs[index] > 0 else { return then(nil) }
    then(results[Int(seqs[index]) - 1])
  }

  func status(ofSeq seq: Int) -> TaskState { statuses[seq - 1] }
}
