import Clockwork

/// One member's clock, which may go too fast or too slow. It never goes back.
struct VirtualClock {
  /// What it gains on the world's clock in a million seconds, from `base` on.
  private var gain: Int64 = 0
  private var base = Instant.zero
  private var shownAtBase = Instant.zero

  init() {}

  /// Another process on the same machine: its clock goes as wrong as its forerunner's.
  init(startedAt now: Instant, keeping old: VirtualClock) {
    gain = old.gain
    base = now
    shownAtBase = old.shown(at: now)
  }

  mutating func setGain(millionths: Int64, at now: Instant) {
    shownAtBase = shown(at: now)
    base = now
    gain = millionths
  }

  func shown(at now: Instant) -> Instant {
    guard gain != 0 else { return shownAtBase + (now - base) }
    let passed = (now - base).inNanoseconds
    return shownAtBase + .nanoseconds(passed + scaled(passed, by: gain, over: 1_000_000))
  }

  /// The world's time at which it shows `time` or a little more; never less, or a member would be woken too early and
  /// ask again at once, for ever.
  func worldTime(of time: Instant) -> Instant {
    guard gain != 0 else { return base + (time - shownAtBase) }
    let wanted = (time - shownAtBase).inNanoseconds
    var found = base + .nanoseconds(wanted - scaled(wanted, by: gain, over: 1_000_000 + gain))
    while shown(at: found) < time { found += .nanoseconds(1) }
    return found
  }

  /// In parts, since a million times the nanoseconds of an hour is more than 64 bits hold.
  private func scaled(_ number: Int64, by factor: Int64, over divisor: Int64) -> Int64 {
    number / divisor * factor + number % divisor * factor / divisor
  }
}
