import Batch
import Clockwork

/// Keeps logs of batches and pools: what must outlive the coordinator. A log is bytes that are appended, made durable,
/// read from a place on, and dropped with their batch or pool; nothing above knows how that is done.
///
/// Guarded by: the loop's thread. Completions are called on it, perhaps before the call returns.
protocol JournalEngine: AnyObject {
  /// Whether what was made durable is there after the process's end.
  var isDurable: Bool { get }
  /// What all logs hold.
  var byteCount: Int { get }
  /// Nil while everything that is appended can be kept; else why not: what was appended waits in memory, and is written
  /// as soon as there is room.
  var trouble: JournalTrouble? { get }
  /// Called when `trouble` has come, changed or gone.
  var onTrouble: () -> Void { get set }

  /// Begins a log that is not there yet.
  func create(_ log: JournalLog)
  /// Appends whole records.
  ///
  /// - Returns: where they begin.
  @discardableResult func append(_ records: [UInt8], to log: JournalLog) -> Int
  /// Where the next record will begin.
  func end(of log: JournalLog) -> Int
  /// Bytes that were appended and are not yet durable.
  func pendingBytes(of log: JournalLog) -> Int
  /// The same of all logs.
  var pendingBytes: Int { get }
  /// Calls `then` once all that was appended to the log before survives the loss of the process. In trouble that takes
  /// until it is over.
  func makeDurable(_ log: JournalLog, _ then: @escaping () -> Void)
  /// Reads up to `count` bytes, fewer only where the log ended when it was called. In the order of the calls of one
  /// log.
  ///
  /// Gives nil where the log cannot be read now, which the engine has reported: that says nothing of what it holds.
  func read(_ log: JournalLog, from offset: Int, count: Int, _ then: @escaping ([UInt8]?) -> Void)
  /// Takes back what was appended from an offset on. Calls `then` once no later process can find it.
  func cut(_ log: JournalLog, at offset: Int, _ then: @escaping () -> Void)
  /// Takes nothing any more; calls `then` when what is under way has ended.
  func close(_ then: @escaping () -> Void)
  /// Forgets the logs of a batch or a pool and frees what they hold. Calls `then` once no later process can find them.
  func drop(_ batch: UUIDv7, _ then: @escaping () -> Void)
}

/// A log could not be read: its records may all be there. What was asked for is to be asked for again, later.
struct UnreadableLog: Error {}

struct JournalLog: Hashable, Sendable {
  enum Kind: String, CaseIterable, Sendable { case tasks, results, ended, items, uses }

  /// The pool, for a log of items or their uses.
  let batch: UUIDv7
  let kind: Kind
}

/// Why nothing more can be kept for now.
enum JournalTrouble: Equatable, Sendable {
  /// The disk or its quota is full.
  case full
  /// The disk does not do what it is told.
  case failing(String)

  var text: String {
    switch self {
    case .full: "the disk that holds --data is full: free some room, or drop ended batches"
    case .failing(let cause): "the journal cannot be written: \(cause)"
    }
  }
}
