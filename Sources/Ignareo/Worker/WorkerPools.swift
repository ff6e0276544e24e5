internal import JSON
internal import Loop
internal import Net

/// All workers of a node.
final class WorkerPools: Sendable {
  private let pools: [WorkerPool]
  private let byName: [String: WorkerPool]

  /// For loops without a node.
  static let none = WorkerPools([], on: [], log: .silent)

  /// Each worker has one of the loops for its home, from the last one on: the first one has the API to serve.
  init(_ specifications: [WorkerSpecification], on loops: [EventLoop], log: Log) {
    pools = specifications.enumerated().map { number, specification in
      WorkerPool(specification, on: loops[loops.count - 1 - number % loops.count], log: log)
    }
    byName = Dictionary(uniqueKeysWithValues: pools.map { ($0.specification.name, $0) })
  }

  subscript(name: String) -> WorkerPool? { byName[name] }

  /// Starts all processes, so that a command that is wrong is seen in the log at once. Nobody waits for them.
  func start() { for pool in pools { pool.start() } }

  func close() async {
    await withDiscardingTaskGroup { group in
      for pool in pools { group.addTask { await pool.close() } }
    }
  }

  func write(into metrics: inout MetricsWriter) {
    guard !pools.isEmpty else { return }
    let labelled = pools.map { (["worker": $0.specification.name] as KeyValuePairs, $0) }
    metrics.gauge("ignareo_worker_processes", "Processes that each worker is to have.") {
      for (labels, pool) in labelled { $0.sample(pool.specification.processes, labels) }
    }
    metrics.gauge("ignareo_worker_processes_running", "Processes of each worker that run now.") {
      for (labels, pool) in labelled { $0.sample(pool.counts.running, labels) }
    }
    metrics.counter("ignareo_worker_restarts_total", "Processes of each worker that were started again.") {
      for (labels, pool) in labelled { $0.sample(pool.counts.restarts, labels) }
    }
  }

  /// A member of `GET /status`.
  func writeStatus(into object: inout JSONWriter) {
    object.array("workers") { array in
      for pool in pools {
        let counts = pool.counts
        array.object {
          $0.member("name", pool.specification.name)
          $0.member("processes", pool.specification.processes)
          $0.member("running", counts.running)
          $0.member("restarts", counts.restarts)
        }
      }
    }
  }
}
