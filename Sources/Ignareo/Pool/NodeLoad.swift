internal import Clockwork
internal import JSON
internal import Loop

/// What a node says of its load, in `GET /status` and each second on every shard's exchange.
package struct NodeLoad: Sendable {
  package var capacity: Int
  package var running: Int
  package var queued: Int
  package var done: Int
  package var failed: Int
  package var ratePerSecond: Double
  /// Of each loop, the first one's first.
  package var lags: [Duration]
  package var isDraining: Bool
  /// How many have tasks here.
  package var coordinators = 0

  package var lag: Duration { lags.max() ?? .zero }
  package var isSlow: Bool { lag > Limits.slowLag }

  /// Continues an object.
  func writeMembers(into object: inout JSONWriter) {
    object.member("capacity", capacity)
    object.member("running", running)
    object.member("queued", queued)
    object.member("coordinators", coordinators)
    object.member("done", done)
    object.member("failed", failed)
    object.member("rate_per_s", ratePerSecond.rounded(toPlaces: 1))
    object.member("loop_lag_ms", lag.inMilliseconds.rounded(toPlaces: 3))
    object.member("slow", isSlow)
    object.member("draining", isDraining)
  }

  func write(into writer: inout JSONWriter) { writer.object { writeMembers(into: &$0) } }
}

extension TaskPool {
  package func load(lags: [Duration]) -> NodeLoad {
    NodeLoad(
      capacity: capacity, running: table.running, queued: table.queued, done: meter.done, failed: meter.failed,
      ratePerSecond: meter.ratePerSecond, lags: lags, isDraining: isDraining)
  }

  /// Once a second, by the role.
  package func tick() {
    let now = MonotonicClock.now
    meter.tick(now)
    forgetOld(now)
  }
}
