package import JSON

/// What a node said of its load when it was last asked: the body of `GET /status`.
package struct MemberLoad: Equatable, Sendable {
  package var capacity: Int
  package var running: Int
  package var queued: Int
  package var done: Int
  package var failed: Int
  package var ratePerSecond: Double
  package var loopLagMilliseconds: Double
  package var isSlow: Bool
  package var isDraining: Bool
  package var taskTypes: [String]

  package init(
    capacity: Int, running: Int, queued: Int = 0, done: Int = 0, failed: Int = 0, ratePerSecond: Double = 0,
    loopLagMilliseconds: Double = 0, isSlow: Bool = false, isDraining: Bool = false, taskTypes: [String] = []
  ) {
    (self.capacity, self.running, self.queued, self.done) = (capacity, running, queued, done)
    (self.failed, self.ratePerSecond) = (failed, ratePerSecond)
    (self.loopLagMilliseconds, self.isSlow, self.isDraining) = (loopLagMilliseconds, isSlow, isDraining)
    self.taskTypes = taskTypes
  }

  /// nil unless it is an object with a capacity: another program may listen at that address.
  package init?(status: JSONValue) {
    guard let capacity = status["capacity"]?.int, capacity >= 0 else { return nil }
    func count(_ name: String) -> Int { max(0, status[name]?.int ?? 0) }
    self.init(
      capacity: capacity, running: count("running"), queued: count("queued"), done: count("done"),
      failed: count("failed"), ratePerSecond: status["rate_per_s"]?.double ?? 0,
      loopLagMilliseconds: status["loop_lag_ms"]?.double ?? 0, isSlow: status["slow"]?.bool ?? false,
      isDraining: status["draining"]?.bool ?? false,
      taskTypes: status["task_types"]?.elements?.compactMap(\.string) ?? [])
  }

  package init?(status bytes: [UInt8]) {
    guard let value = try? JSONValue.parse(bytes) else { return nil }
    self.init(status: value)
  }
}
