/// Tasks that have ended and whose results wait for a socket's client, the oldest first.
struct WaitingResults {
  private var records: [TaskRecord?] = []
  private var start = 0
  /// What their values hold.
  private(set) var bytes = 0

  var isEmpty: Bool { start == records.count }
  var count: Int { records.count - start }

  mutating func append(_ record: TaskRecord) {
    records.append(record)
    bytes += record.resultBytes
  }

  mutating func popFirst() -> TaskRecord? {
    guard start < records.count, let record = records[start] else { return nil }
    records[start] = nil
    start += 1
    bytes -= record.resultBytes
    if start == records.count {
      records.removeAll(keepingCapacity: start <= 64)
      start = 0
    } else if start > records.count / 2 {
      records.removeFirst(start)
      start = 0
    }
    return record
  }
}

extension TaskRecord {
  fileprivate var resultBytes: Int { if case .ended(let result) = state { result.bytes } else { 0 } }
}
