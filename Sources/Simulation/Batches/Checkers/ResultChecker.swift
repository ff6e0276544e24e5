import Batch
import Clockwork

/// Each index has exactly one result: in the log at the end, and at no time two.
struct ResultChecker {
  private(set) var failures: [Failure] = []

  /// - Parameters:
  ///   - log: the bytes of a batch's results, when it has ended.
  ///   - outcome: what readers are told of its end.
  mutating func check(_ batch: Int, total: Int, log: [UInt8], outcome: BatchProgress) {
    var results = Array(repeating: 0, count: total)
    var (statuses, latest) = ([TaskState: Int](), 0)
    for result in JournalRecord.results(in: log) {
      guard Int(result.index) < total else {
        complain("batch \(batch) has a result for index \(result.index)")
        continue
      }
      results[Int(result.index)] += 1
      statuses[result.status, default: 0] += 1
      if Int(result.seq) <= latest { complain("batch \(batch) has seq \(result.seq) behind \(latest)") }
      latest = Int(result.seq)
    }
    for index in 0..<total where results[index] != 1 {
      complain("task \(index) of batch \(batch) has \(results[index]) results")
    }
    let counts = outcome.counts
    let told: [TaskState: Int] = [
      .ok: counts.ok, .error: counts.error, .cancelled: counts.cancelled, .unknown: counts.unknown,
    ]
    for (state, count) in told.sorted(by: { $0.key.rawValue < $1.key.rawValue })
    where statuses[state] ?? 0 != count {
      complain("batch \(batch) says \(count) are \(state.name), and its results \(statuses[state] ?? 0)")
    }
  }

  private mutating func complain(_ text: String) { failures.append(Failure(checker: "results", text: text)) }
}

extension JournalRecord {
  /// The results in the bytes of a log, in their order.
  static func results(in log: [UInt8]) -> [ResultRecord] {
    var results: [ResultRecord] = []
    var scanner = RecordScanner()
    func take(_ offset: Int, _ payload: ArraySlice<UInt8>) -> Bool {
      if case .result(let result)? = JournalRecord(payload) { results.append(result) }
      return true
    }
    _ = scanner.take(log, take)
    _ = scanner.finish(take)
    return results
  }
}
