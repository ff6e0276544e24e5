import Batch
import Clockwork
import JSON
import Loop

/// `GET /batches/{id}` as JSON.
enum BatchDocument {
  static func bytes(of batch: BatchRecord, _ dispatcher: Dispatcher) -> [UInt8] {
    var writer = JSONWriter()
    write(batch, dispatcher, into: &writer)
    return writer.bytes
  }

  /// A batch that is being cancelled runs until its last task has ended.
  static func state(of batch: BatchRecord) -> String {
    batch.outcome.map { $0.progress.isCancelled ? "cancelled" : "done" } ?? "running"
  }

  static func write(_ batch: BatchRecord, _ dispatcher: Dispatcher, into writer: inout JSONWriter) {
    let progress = dispatcher.progress(of: batch)
    let counts = progress.counts
    assert(counts.total == batch.total || batch.damage != nil, "\(counts) of a batch of \(batch.total)")
    writer.object {
      $0.member("id", batch.id.text)
      $0.member("name", ifPresent: batch.name)
      $0.member("state", state(of: batch))
      $0.member("open", batch.isOpen)
      $0.member("total", batch.total)
      $0.member("ok", counts.ok)
      $0.member("error", counts.error)
      $0.member("cancelled", counts.cancelled)
      $0.member("unknown", counts.unknown)
      $0.member("running", counts.running)
      $0.member("queued", counts.waiting)
      $0.member("retried", progress.retried)
      $0.member("hedged", progress.hedged)
      if let damage = batch.damage {
        $0.member("damaged", true)
        $0.member("damage", damage)
      }
      if let joining = batch.manifest.joining { $0.member("take", joining.sources.map(\.name)) }
      if let missing = batch.feeder?.missing, !missing.isEmpty { $0.member("missing_items", missing) }
      writeWaiting(progress, batch, held: dispatcher.heldBecause, into: &$0)
      writeTimes(batch, counts, dispatcher.loop.now, into: &$0)
      $0.object("nodes") { nodes in
        for (name, count) in batch.nodeCounts.sorted(by: { $0.key < $1.key }) { nodes.member(name, count) }
      }
      $0.object("duration_ms") { writeDurations(batch.durations, into: &$0) }
      if let callback = batch.callback {
        $0.member("callback_url", ifPresent: batch.manifest.callbackURL)
        $0.object("callback") { callback.write(into: &$0) }
      }
    }
  }

  static func writeDurations(_ durations: Histogram, into writer: inout JSONWriter) {
    for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)] {
      writer.key(name)
      if let value = durations.quantile(part) { writer.double(Double(value) / 1_000) } else { writer.null() }
    }
  }

  private static func writeWaiting(
    _ progress: BatchProgress, _ batch: BatchRecord, held: String?, into writer: inout JSONWriter
  ) {
    guard let reason = progress.waitingFor else { return }
    writer.member("waiting_for", reason.name)
    if case .backoff(let until) = reason { writer.member("until", batch.timestamp(of: until).rfc3339) }
    if let held {
      writer.member("detail", held)
    } else if let refusal = batch.refusal {
      writer.member("detail", refusal)
    }
    if !progress.missingTaskTypes.isEmpty { writer.member("missing_task_types", progress.missingTaskTypes) }
  }

  private static func writeTimes(
    _ batch: BatchRecord, _ counts: TaskCounts, _ now: Instant, into writer: inout JSONWriter
  ) {
    let rate: Double
    if let outcome = batch.outcome {
      let span = Double(outcome.finishedAt.milliseconds - batch.createdAt.milliseconds) / 1_000
      rate = Double(batch.total) / max(span, 0.001)
    } else {
      rate = batch.rate(at: now)
    }
    writer.member("rate_per_s", (rate * 10).rounded() / 10)
    writer.key("eta_s")
    let left = counts.waiting + counts.running
    if left == 0 {
      writer.int(0)
    } else if rate > 0, counts.running > 0 {
      writer.double((Double(left) / rate * 10).rounded() / 10)
    } else {
      writer.null()
    }
    writer.member("created_at", batch.createdAt.rfc3339)
    writer.key("finished_at")
    if let outcome = batch.outcome { writer.string(outcome.finishedAt.rfc3339) } else { writer.null() }
  }
}
