import JSON

/// What `GET /batches/{id}` says, as far as people are shown it. A field that is missing counts as nothing.
struct BatchStatus: Equatable {
  var id = ""
  var name: String?
  var state = ""
  var total = 0
  var ok = 0
  var error = 0
  var cancelled = 0
  var unknown = 0
  var running = 0
  var queued = 0
  var retried = 0
  var hedged = 0
  var ratePerSecond: Double?
  var secondsLeft: Double?
  var createdAt: String?
  var finishedAt: String?
  var waitingFor: String?
  var nodes: [NodeShare] = []
  var duration: Percentiles?

  struct NodeShare: Equatable {
    let node: String
    let tasks: Int
  }

  /// Milliseconds on a node, over the tasks that ended there.
  struct Percentiles: Equatable {
    let p50, p90, p99, max: Double
  }

  /// Nil for what is no batch: an object with an id and a state.
  init?(_ value: JSONValue) {
    guard let id = value["id"]?.string, let state = value["state"]?.string else { return nil }
    (self.id, self.state) = (id, state)
    func count(_ key: String) -> Int { value[key]?.int ?? 0 }
    (total, ok, error) = (count("total"), count("ok"), count("error"))
    (cancelled, unknown, running) = (count("cancelled"), count("unknown"), count("running"))
    (queued, retried, hedged) = (count("queued"), count("retried"), count("hedged"))
    name = value["name"]?.string
    ratePerSecond = value["rate_per_s"]?.double
    secondsLeft = value["eta_s"]?.double
    createdAt = value["created_at"]?.string
    finishedAt = value["finished_at"]?.string
    waitingFor = value["waiting_for"]?.string
    if let missing = value["missing_task_types"]?.elements?.compactMap(\.string), !missing.isEmpty {
      waitingFor = "a node with \(missing.joined(separator: ", "))"
    }
    if waitingFor == nil, let pools = value["missing_items"]?.elements?.compactMap(\.string), !pools.isEmpty {
      waitingFor = "items in \(pools.joined(separator: ", "))"
    }
    value["nodes"]?.forEachMember { node, tasks in
      if let tasks = tasks.int { nodes.append(NodeShare(node: node.string, tasks: tasks)) }
    }
    duration = value["duration_ms"].flatMap { percentiles in
      func at(_ key: String) -> Double? { percentiles[key]?.double }
      guard let p50 = at("p50"), let p90 = at("p90"), let p99 = at("p99"), let max = at("max") else { return nil }
      return Percentiles(p50: p50, p90: p90, p99: p99, max: max)
    }
  }

  /// A cancelled batch has ended once its last task has.
  var hasEnded: Bool { state != "running" && running == 0 && queued == 0 }
  var done: Int { ok + notOK }
  /// Ended, and not as the submitter wished.
  var notOK: Int { error + cancelled + unknown }

  /// The contract's exit status for a batch that was followed to its end.
  var exitCode: ExitCode { state == "done" && notOK == 0 ? .well : .failed }
}
