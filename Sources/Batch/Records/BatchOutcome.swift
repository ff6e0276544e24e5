package import Clockwork
package import JSON

/// How a batch ended, in one record: a coordinator that starts need not read the logs of what has ended.
package struct BatchOutcome: Sendable, Equatable {
  package var progress: BatchProgress
  package var finishedAt: Timestamp
  /// The last result's.
  package var resultCount: Int
  /// Results by node.
  package var nodeCounts: [String: Int]
  /// In microseconds.
  package var durations: Histogram
  /// What of the batch's logs could not be read, once; nil for all well.
  package var damage: String?

  package init(
    progress: BatchProgress, finishedAt: Timestamp, resultCount: Int, nodeCounts: [String: Int], durations: Histogram,
    damage: String? = nil
  ) {
    (self.progress, self.finishedAt, self.resultCount) = (progress, finishedAt, resultCount)
    (self.nodeCounts, self.durations, self.damage) = (nodeCounts, durations, damage)
  }

  private static let ends: [TaskState] = [.ok, .error, .cancelled, .unknown]

  /// Nil for what no coordinator wrote.
  package init?(_ json: JSONValue) {
    guard let finished = json["finished_ms"]?.int, let resultCount = json["results"]?.int else { return nil }
    var progress = BatchProgress()
    for state in Self.ends {
      guard let count = json[state.name]?.int, count >= 0 else { return nil }
      progress.counts.add(state, count)
    }
    progress.retried = json["retried"]?.int ?? 0
    progress.hedged = json["hedged"]?.int ?? 0
    progress.isCancelled = json["is_cancelled"]?.bool ?? false
    var nodes: [String: Int] = [:]
    json["nodes"]?.forEachMember { key, value in nodes[key.string] = value.int }
    let buckets = (json["durations"]?.elements ?? []).compactMap { pair -> (bucket: Int, count: UInt64)? in
      guard let numbers = pair.elements, numbers.count == 2, let bucket = numbers[0].int, let count = numbers[1].int,
        count >= 0
      else { return nil }
      return (bucket, UInt64(count))
    }
    self.init(
      progress: progress, finishedAt: Timestamp(milliseconds: Int64(finished)), resultCount: resultCount,
      nodeCounts: nodes,
      durations: Histogram(buckets: buckets, maximum: UInt64(max(0, json["longest"]?.int ?? 0))),
      damage: json["damage"]?.string)
  }

  package func write(into writer: inout JSONWriter) {
    writer.member("finished_ms", finishedAt.milliseconds)
    writer.member("results", resultCount)
    for state in Self.ends { writer.member(state.name, progress.counts[state]) }
    writer.member("retried", progress.retried)
    writer.member("hedged", progress.hedged)
    writer.member("is_cancelled", progress.isCancelled)
    writer.object("nodes") { nodes in
      for (name, count) in nodeCounts.sorted(by: { $0.key < $1.key }) { nodes.member(name, count) }
    }
    writer.array("durations") { array in
      for (bucket, count) in durations.filled {
        array.array {
          $0.int(bucket)
          $0.int(count)
        }
      }
    }
    writer.member("longest", durations.maximum)
    writer.member("damage", ifPresent: damage)
  }
}
