package import Clockwork
import Glibc

/// The clock that deadlines are counted on.
package enum MonotonicClock {
  package static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}

/// The calendar's clock, for what people read: it may jump, so nothing waits on it.
package enum WallClock {
  package static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// Since 1970; tells apart what happens within a millisecond.
  package static var microseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  /// A new identifier from this clock and the kernel's randomness.
  package static func newIdentifier() -> UUIDv7 {
    var generator = SystemRandomNumberGenerator()
    return UUIDv7(at: now, using: &generator)
  }
}
