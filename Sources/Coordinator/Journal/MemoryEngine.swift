import Batch
import Clockwork

/// Logs that last as long as their process.
///
/// Guarded by: the loop's thread.
final class MemoryEngine: JournalEngine {
  private var logs: [JournalLog: MemoryLog] = [:]
  private(set) var byteCount = 0

  let isDurable = false
  let trouble: JournalTrouble? = nil
  var onTrouble: () -> Void = {}

  func create(_ log: JournalLog) {
    precondition(logs[log] == nil, "\(log) is there already")
    logs[log] = MemoryLog()
  }

  func append(_ records: [UInt8], to log: JournalLog) -> Int {
    guard let bytes = logs[log] else { return 0 }
    byteCount += records.count
    return bytes.append(records)
  }

  func end(of log: JournalLog) -> Int { logs[log]?.count ?? 0 }
  func pendingBytes(of log: JournalLog) -> Int { 0 }
  let pendingBytes = 0
  func makeDurable(_ log: JournalLog, _ then: @escaping () -> Void) { then() }

  func read(_ log: JournalLog, from offset: Int, count: Int, _ then: @escaping ([UInt8]?) -> Void) {
    then(logs[log]?.read(from: offset, count: count))
  }

  func cut(_ log: JournalLog, at offset: Int, _ then: @escaping () -> Void) {
    if let bytes = logs[log] {
      byteCount -= bytes.count - offset
      bytes.cut(at: offset)
    }
    then()
  }

  func close(_ then: @escaping () -> Void) { then() }

  func drop(_ batch: UUIDv7, _ then: @escaping () -> Void) {
    for kind in JournalLog.Kind.allCases {
      byteCount -= logs.removeValue(forKey: JournalLog(batch: batch, kind: kind))?.count ?? 0
    }
    then()
  }
}

/// Bytes in pieces, so that growing copies nothing.
///
/// Guarded by: the loop's thread.
private final class MemoryLog {
  private static let pieceBytes = 256 << 10

  private var pieces: [[UInt8]] = []
  /// Where each piece begins.
  private var starts: [Int] = []
  private(set) var count = 0

  func append(_ bytes: [UInt8]) -> Int {
    defer { count += bytes.count }
    if let last = pieces.last, last.count + bytes.count <= Self.pieceBytes {
      pieces[pieces.count - 1] += bytes
    } else {
      starts.append(count)
      pieces.append(bytes)
      // A small batch stays small.
      if starts.count > 1 { pieces[pieces.count - 1].reserveCapacity(Self.pieceBytes) }
    }
    return count
  }

  func read(from offset: Int, count wanted: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = self.piece(of: offset)
    var place = offset
    while bytes.count < wanted, piece < pieces.count {
      let part = pieces[piece][min(place - starts[piece], pieces[piece].count)...].prefix(wanted - bytes.count)
      bytes += part
      place += part.count
      piece += 1
    }
    return bytes
  }

  func cut(at offset: Int) {
    while let start = starts.last, start >= offset {
      starts.removeLast()
      pieces.removeLast()
    }
    if let start = starts.last { pieces[pieces.count - 1].removeSubrange((offset - start)...) }
    count = min(count, offset)
  }

  private func piece(of offset: Int) -> Int {
    var (low, high) = (0, starts.count)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }
}
