import Batch
import Clockwork

/// What a submitter was told and a reader saw is never taken back nor changed, however often the coordinator dies.
struct ReaderChecker {
  /// One batch as those outside know it.
  private struct Seen {
    var isAccepted = false
    var isCancelled = false
    var hasEnded = false
    /// Result lines by `seq`, each as it was first seen.
    var lines: [Int: [UInt8]] = [:]
    var through = 0
  }

  private(set) var failures: [Failure] = []
  private var seen: [UUIDv7: Seen] = [:]
  private var batchOfKey: [String: UUIDv7] = [:]

  mutating func accepted(_ id: UUIDv7, key: String, at now: Instant) {
    seen[id, default: Seen()].isAccepted = true
    let first = batchOfKey[key] ?? id
    batchOfKey[key] = first
    if first != id { complain("a submission under \(key) was answered with a second batch at \(now.text)") }
  }

  mutating func cancelPromised(_ id: UUIDv7) { seen[id, default: Seen()].isCancelled = true }

  mutating func ended(_ id: UUIDv7) { seen[id, default: Seen()].hasEnded = true }

  /// Readers take what is published at once.
  ///
  /// - Returns: the lines that are new.
  mutating func read(_ batch: VirtualCoordinator.Batch, at now: Instant) -> [[UInt8]] {
    var view = seen[batch.manifest.id] ?? Seen()
    var new: [[UInt8]] = []
    while view.through < batch.published {
      view.through += 1
      // A number that was lost before anybody saw it is left out for ever.
      guard let line = batch.lines[view.through] else { continue }
      view.lines[view.through] = line
      new.append(line)
    }
    seen[batch.manifest.id] = view
    return new
  }

  /// A coordinator has taken the journal over.
  mutating func restarted(_ coordinator: VirtualCoordinator, isCancelled: (UUIDv7) -> Bool, at now: Instant) {
    for (id, view) in seen.sorted(by: { $0.key < $1.key }) {
      guard let batch = coordinator.batches[id] else {
        if view.isAccepted || view.through > 0 { complain("batch \(id.text) is gone after the start at \(now.text)") }
        continue
      }
      for (seq, line) in view.lines.sorted(by: { $0.key < $1.key }) where batch.lines[seq] != line {
        let what = batch.lines[seq] == nil ? "is gone" : "is another one"
        complain("result \(seq) of batch \(batch.number) \(what) after the start at \(now.text)")
      }
      if view.hasEnded, batch.outcome == nil { complain("batch \(batch.number) had ended before \(now.text)") }
      if view.isCancelled, batch.outcome == nil, !isCancelled(id) {
        complain("the end of batch \(batch.number) was promised, and forgotten at \(now.text)")
      }
    }
  }

  private mutating func complain(_ text: String) { failures.append(Failure(checker: "readers", text: text)) }
}
