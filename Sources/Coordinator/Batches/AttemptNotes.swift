import Batch
import Clockwork
import JSON

/// The attempts of a batch that were not the last of their task: bounded, the rest is only counted.
struct AttemptNotes {
  private var byIndex: [Int: [AttemptNote]] = [:]
  private var count = 0

  mutating func add(_ attempt: AttemptNote, of index: Int) {
    guard count < CoordinatorLimits.attemptsNoted else { return }
    count += 1
    byIndex[index, default: []].append(attempt)
  }

  /// In the order in which they were made.
  subscript(index: Int) -> [AttemptNote] { byIndex[index] ?? [] }
}

/// An attempt that failed, as users see it and as the journal keeps it.
struct AttemptNote {
  let attempt: Int
  let node: String
  let startedAt: Timestamp
  let endedAt: Timestamp
  /// The error object.
  let error: JSONValue

  init(_ failed: FailedAttempt, in batch: BatchRecord) {
    (attempt, node) = (failed.attempt, failed.node)
    (startedAt, endedAt) = (batch.timestamp(of: failed.startedAt), batch.timestamp(of: failed.endedAt))
    error = JSONValue(trusted: failed.error).detached
  }

  /// Nil for what no coordinator wrote.
  init?(_ bytes: [UInt8]) {
    guard let json = try? JSONValue.parse(bytes), let attempt = json["attempt"]?.int,
      let node = json["node"]?.string, let started = json["started_ms"]?.int, let ended = json["ended_ms"]?.int,
      let error = json["error"]
    else { return nil }
    (self.attempt, self.node, self.error) = (attempt, node, error)
    startedAt = Timestamp(milliseconds: Int64(started))
    endedAt = Timestamp(milliseconds: Int64(ended))
  }

  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("attempt", attempt)
      $0.member("node", node)
      $0.member("started_ms", startedAt.milliseconds)
      $0.member("ended_ms", endedAt.milliseconds)
      $0.member("error", error)
    }
    return writer.bytes
  }
}
