internal import JSON
internal import Loop

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
