import Clockwork
import Loop

/// Moments of the loop's clock as times of the calendar: the same moment is the same time each time it is asked for,
/// to the millisecond, unless the machine's clock was set meanwhile.
struct SteadyCalendar {
  /// Two readings of two clocks differ by less; a step by more is somebody who set the clock.
  private static let tolerance: Int64 = 500

  /// The calendar's milliseconds at the clock's zero.
  private var zero: Int64?

  mutating func time(of moment: Instant, now: Instant, wall: Timestamp = WallClock.now) -> Timestamp {
    let seen = wall.milliseconds - now.nanoseconds / 1_000_000
    let kept = zero.flatMap { abs($0 - seen) <= Self.tolerance ? $0 : nil } ?? seen
    zero = kept
    return Timestamp(milliseconds: kept + moment.nanoseconds / 1_000_000)
  }
}
