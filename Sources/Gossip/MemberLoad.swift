package import JSON

/// What a node said of its load when it was last asked: the body of `GET /status`.
package struct MemberLoad: Equatable, Sendable {
  package var capacity: Int
  package var running: Int
  package var queued: Int
  /// How many have tasks there.
  package var coordinators: Int
  package var done: Int
  package var failed: Int
  package var ratePerSecond: Double
  package var loopLagMilliseconds: Double
  package var isSlow: Bool
  package var isDraining: Bool
  package var taskTypes: [String]

  package init(
    capacity: Int, running: Int, queued: Int = 0, coordinators: Int = 0, done: Int = 0, failed: Int = 0,
    ratePerSecond: Double = 0,
    loopLagMilliseconds: Double = 0, isSlow: Bool = false, isDraining: Bool = false, taskTypes: [String] = []
  ) {
    self.capacity = Self.sane(capacity)
    self.running = Self.sane(running)
    self.queued = Self.sane(queued)
    self.coordinators = Self.sane(coordinators)
    self.done = Self.sane(done, upTo: 1 << 53)
    self.failed = Self.sane(failed, upTo: 1 << 53)
    self.ratePerSecond = Self.sane(ratePerSecond)
    self.loopLagMilliseconds = Self.sane(loopLagMilliseconds)
    (self.isSlow, self.isDraining) = (isSlow, isDraining)
    self.taskTypes = taskTypes
  }

  /// No node is larger: sums over all members of a cluster stay far from an overflow, whatever one of them says.
  private static func sane(_ number: Int, upTo limit: Int = 1_000_000_000) -> Int { max(0, min(number, limit)) }
  private static func sane(_ number: Double) -> Double { number.isFinite ? max(0, min(number, 1e9)) : 0 }

  /// nil unless it is an object with a capacity: another program may listen at that address.
  package init?(status: JSONValue) {
    guard let capacity = status["capacity"]?.int, capacity >= 0 else { return nil }
    func count(_ name: String) -> Int { max(0, status[name]?.int ?? 0) }
    self.init(
      capacity: capacity, running: count("running"), queued: count("queued"),
      coordinators: count("coordinators"), done: count("done"),
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
