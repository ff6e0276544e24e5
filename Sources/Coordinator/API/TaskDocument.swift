import Batch
import Clockwork
import JSON

/// `GET /batches/{id}/tasks/{index}`: where a task stands, its attempts, and why it waits.
struct TaskDocument {
  let batch: BatchRecord
  let index: Int
  /// Nil where the journal has lost it.
  let task: JournalTask?
  /// The line of its result.
  let result: JSONValue?
  /// Nil once its batch has ended.
  let progress: TaskProgress?

  var bytes: [UInt8] {
    var writer = JSONWriter()
    // Until its result is durable, it runs for all to see.
    let known = progress.map { $0.state.hasEnded ? TaskState.running : $0.state }
    let state = result?["status"]?.string ?? known?.name ?? "queued"
    writer.object {
      $0.member("batch", batch.id.text)
      $0.member("index", index)
      if let id = task?.id { $0.member("id", raw: id) }
      $0.member("state", state)
      if let task { $0.member("task", JSONValue(trusted: task.bytes)) }
      if let reason = progress?.waitingFor, result == nil {
        $0.member("waiting_for", reason.name)
        if case .backoff(let until) = reason { $0.member("until", batch.timestamp(of: until).rfc3339) }
      }
      $0.array("attempts") { writeAttempts(into: &$0) }
      if let result { $0.member("result", result) }
    }
    return writer.bytes
  }

  private func writeAttempts(into writer: inout JSONWriter) {
    for attempt in batch.attempts[index] {
      writer.object {
        $0.member("attempt", attempt.attempt)
        $0.member("node", attempt.node)
        $0.member("started_at", attempt.startedAt.rfc3339)
        $0.member("ended_at", attempt.endedAt.rfc3339)
        $0.member("error", attempt.error)
      }
    }
    if let result { writeLast(result, into: &writer) } else { writeRunning(into: &writer) }
  }

  private func writeRunning(into writer: inout JSONWriter) {
    guard let progress, let node = progress.node, let sentAt = progress.sentAt else { return }
    writer.object {
      $0.member("attempt", progress.attempts + 1)
      $0.member("node", node)
      $0.member("sent_at", batch.timestamp(of: sentAt).rfc3339)
    }
    guard let second = progress.secondNode, let sentAt = progress.secondSentAt else { return }
    writer.object {
      $0.member("attempt", progress.attempts + 1)
      $0.member("node", second)
      $0.member("sent_at", batch.timestamp(of: sentAt).rfc3339)
    }
  }

  private func writeLast(_ result: JSONValue, into writer: inout JSONWriter) {
    guard let node = result["node"]?.string, let queued = result["queued_ms"]?.double,
      let duration = result["duration_ms"]?.double
    else { return }
    let start = batch.createdAt.milliseconds + Int64(min(queued, 1e15))
    writer.object {
      $0.member("attempt", result["attempts"]?.int ?? 1)
      $0.member("node", node)
      $0.member("started_at", Timestamp(milliseconds: start).rfc3339)
      $0.member("ended_at", Timestamp(milliseconds: start + Int64(min(duration, 1e15))).rfc3339)
      $0.member("duration_ms", duration)
      $0.member("error", ifPresent: result["error"])
    }
  }
}
