import Clockwork

/// The machine's own time: the shell's, minus what passed while this process could hear nothing.
///
/// When the earliest timer is found overdue by more than `tolerance`, the process was stopped or starved, and the
/// answers it waited for may lie unread in its sockets. Its time is then set to `tolerance` before that timer, once: a
/// timer that is late again fires, so that a process that is always slow still gets on.
struct StallClock: Sendable {
  let tolerance: Duration
  private(set) var time = Instant.zero
  private var skipped = Duration.zero
  private var forgiven: Instant?

  init(tolerance: Duration) { self.tolerance = tolerance }

  /// Takes the shell's time. True if a stall was found.
  mutating func advance(to now: Instant, nextTimer: Instant?) -> Bool {
    let plain = now + (.zero - skipped)
    guard let nextTimer, nextTimer != forgiven, plain - nextTimer > tolerance else {
      time = max(time, plain)
      return false
    }
    forgiven = nextTimer
    time = max(time, nextTimer + (.zero - tolerance))
    skipped = now - time
    return true
  }

  /// When the shell's clock will show what this one calls `deadline`.
  func shellTime(of deadline: Instant) -> Instant { deadline + skipped }
}
