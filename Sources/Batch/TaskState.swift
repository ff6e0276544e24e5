/// Where a task stands. `backoff` is shown to users as `queued`.
package enum TaskState: UInt8, CaseIterable, Sendable {
  case queued, backoff, running
  case ok, error, cancelled, unknown

  package var hasEnded: Bool { rawValue >= TaskState.ok.rawValue }

  /// The word of the contract.
  package var name: String {
    switch self {
    case .queued, .backoff: "queued"
    case .running: "running"
    case .ok: "ok"
    case .error: "error"
    case .cancelled: "cancelled"
    case .unknown: "unknown"
    }
  }
}

/// How many tasks of a batch stand where. Every task is in exactly one of the places, so the sum is always the total.
package struct TaskCounts: Equatable, Sendable {
  package private(set) var queued = 0
  package private(set) var backoff = 0
  package private(set) var running = 0
  package private(set) var ok = 0
  package private(set) var error = 0
  package private(set) var cancelled = 0
  package private(set) var unknown = 0

  package init() {}
  package init(queued: Int) { self.queued = queued }

  package var waiting: Int { queued + backoff }
  package var ended: Int { ok + error + cancelled + unknown }
  package var total: Int { waiting + running + ended }

  subscript(state: TaskState) -> Int {
    switch state {
    case .queued: queued
    case .backoff: backoff
    case .running: running
    case .ok: ok
    case .error: error
    case .cancelled: cancelled
    case .unknown: unknown
    }
  }

  package mutating func count(_ state: TaskState) { add(state) }

  package mutating func add(_ others: TaskCounts) {
    for state in TaskState.allCases { add(state, others[state]) }
  }

  package mutating func subtract(_ others: TaskCounts) {
    for state in TaskState.allCases { add(state, -others[state]) }
  }

  /// Shows these, which have ended, as running still.
  package mutating func hide(_ ends: TaskCounts) {
    subtract(ends)
    running += ends.total
  }

  /// So many more are queued.
  package mutating func grow(by number: Int) { queued += number }

  mutating func add(_ state: TaskState, _ number: Int = 1) {
    switch state {
    case .queued: queued += number
    case .backoff: backoff += number
    case .running: running += number
    case .ok: ok += number
    case .error: error += number
    case .cancelled: cancelled += number
    case .unknown: unknown += number
    }
  }
}
