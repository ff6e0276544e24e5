import Clockwork

/// When a silent peer is asked whether it lives, and when it is given up: RFC 6455, section 5.5.2.
///
/// Whatever arrives is a sign of life, not its pong alone. A peer that is not read from can give none: its progress in
/// taking what is queued for it must do.
struct KeepAlive {
  enum Verdict: Equatable {
    /// Nothing to do until then, whatever happens meanwhile.
    case wait(until: Instant)
    case ping
    /// It answered nothing.
    case silent
    /// It takes nothing of what is queued for it.
    case stalled
  }

  private enum Sign {
    case heard(at: Instant)
    case asked(at: Instant)
  }

  private let limits: WebSocketConnectionLimits
  private var sign: Sign
  /// How much the peer had taken, and since when it is known not to have taken more.
  private var taken: (bytes: Int, since: Instant)

  init(_ limits: WebSocketConnectionLimits, at now: Instant) {
    self.limits = limits
    sign = .heard(at: now)
    taken = (0, now)
  }

  mutating func heard(at now: Instant) { sign = .heard(at: now) }

  mutating func judge(at now: Instant, sentBytes: Int, queuedBytes: Int, isReading: Bool) -> Verdict {
    // Slow is fine, standing still is not.
    if queuedBytes == 0 || sentBytes != taken.bytes { taken = (sentBytes, now) }
    let stallEnds = taken.since + limits.writeTimeout
    if stallEnds <= now { return .stalled }
    if !isReading { sign = .heard(at: now) }
    switch sign {
    case .heard(let time):
      let due = time + limits.pingInterval
      if due > now { return .wait(until: min(due, stallEnds)) }
      sign = .asked(at: now)
      return .ping
    case .asked(let time):
      let due = time + limits.pongTimeout
      // Its answer moves no timer: looked for in time for the next ping.
      return due > now ? .wait(until: min(due, now + limits.pingInterval, stallEnds)) : .silent
    }
  }
}
