internal import Clockwork
internal import JSON
internal import Loop

/// A task's state as the API names it; a node's own states are finer.
enum TaskStateName: String, CaseIterable {
  case queued, running, ok, error, cancelled

  var places: [TaskTable.Place] {
    switch self {
    case .queued: [.queued, .backingOff, .held]
    case .running: [.running]
    case .ok: [.ok]
    case .error: [.error]
    case .cancelled: [.cancelled]
    }
  }
}

extension TaskTable.Place {
  var stateName: TaskStateName {
    switch self {
    case .queued, .backingOff, .held: .queued
    case .running: .running
    case .ok: .ok
    case .error: .error
    case .cancelled: .cancelled
    }
  }
}

extension TaskRecord {
  package var href: String { Self.href(of: id) }
  static func href(of id: UUIDv7) -> String { "/tasks/\(id.text)" }

  /// `GET /tasks/{id}`.
  package var json: [UInt8] {
    var writer = JSONWriter()
    write(into: &writer)
    return writer.bytes
  }

  /// - Parameter isWhole: with the value, which may be large.
  func write(into writer: inout JSONWriter, isWhole: Bool = true) {
    writer.object { object in
      object.member("id", id.text)
      object.member("href", href)
      object.member("task", type.name)
      object.member("submitted_id", ifPresent: name)
      if case .shard(let shard, let index) = owner {
        object.member("batch", ifPresent: shard.origin.batch)
        object.member("index", index)
      }
      object.member("state", place.stateName.rawValue)
      if case .ended(let result) = state { write(result, isWhole: isWhole, into: &object) }
      object.member("attempts", attemptsBegun)
      object.member("created_at", createdAt.rfc3339)
      writeProgress(into: &object)
    }
  }

  /// The members of a result, as the contract has them for a batch's tasks too.
  private func write(_ result: TaskResult, isWhole: Bool, into object: inout JSONWriter) {
    object.member("status", place.stateName.rawValue)
    switch result.outcome {
    case .ok(let value): if isWhole { object.member("value", value) }
    case .error(let failure): object.member("error") { failure.write(into: &$0) }
    case .cancelled: break
    }
    object.member("finished_at", result.finishedAt.rfc3339)
    object.member("queued_ms", result.queued.inMilliseconds.rounded(toPlaces: 3))
    object.member("duration_ms", result.duration.inMilliseconds.rounded(toPlaces: 3))
  }

  private func writeProgress(into object: inout JSONWriter) {
    switch state {
    case .backingOff:
      object.member("waiting_for", "backoff")
      if let lastFailure { object.member("last_error") { lastFailure.write(into: &$0) } }
    case .queued, .held: object.member("waiting_for", "capacity")
    case .running, .stopping, .ended: break
    }
  }
}

extension TaskFailure {
  /// The contract's `error`; a shard's results say too whether there can have been an effect.
  func write(into writer: inout JSONWriter, withEffect: Bool = false) {
    writer.object { error in
      error.member("code", code.rawValue)
      error.member("message", message)
      error.member("retryable", isRetryable)
      if withEffect { error.member("effect", mayHaveTakenEffect) }
      error.member("pointer", ifPresent: pointer)
    }
  }
}

extension Double {
  /// Timings to the microsecond: more digits would be noise in every line.
  func rounded(toPlaces places: Int) -> Double {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    return (self * scale).rounded() / scale
  }
}

extension TaskPool {
  func count(of state: TaskStateName) -> Int { state.places.map { table[$0].count }.reduce(0, +) }

  /// Counts by state and the given tasks, without their values.
  func listing(of records: [TaskRecord]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { object in
      object.object("counts") { counts in
        for name in TaskStateName.allCases {
          counts.member(name.rawValue, count(of: name))
        }
      }
      object.array("tasks") { array in
        for record in records { record.write(into: &array, isWhole: false) }
      }
    }
    return writer.bytes
  }

  func newest(_ limit: Int) -> [TaskRecord] { table.newest(limit) }

  func newest(_ limit: Int, in places: [TaskTable.Place]) -> [TaskRecord] {
    let found = places.flatMap { table[$0].newest(limit) }
    return Array(found.sorted { $0.serial > $1.serial }.prefix(limit))
  }
}
