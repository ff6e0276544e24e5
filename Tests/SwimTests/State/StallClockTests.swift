import Clockwork
import Testing

@testable import Swim

@Suite("the machine's own time")
struct StallClockTests {
  private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

  @Test("it follows the shell's while timers are served in time")
  func inTime() {
    var clock = StallClock(tolerance: .milliseconds(100))
    #expect(clock.advance(to: at(1000), nextTimer: nil) == false)
    #expect(clock.advance(to: at(1090), nextTimer: at(1000)) == false)
    #expect(clock.time == at(1090))
    #expect(clock.shellTime(of: at(2000)) == at(2000))
  }

  @Test("an overdue timer is given its tolerance once more, and then fires")
  func overdue() {
    var clock = StallClock(tolerance: .milliseconds(100))
    _ = clock.advance(to: at(900), nextTimer: nil)
    #expect(clock.advance(to: at(6000), nextTimer: at(1000)) == true)
    #expect(clock.time == at(900))
    #expect(clock.shellTime(of: at(1000)) == at(6100))
    #expect(clock.advance(to: at(7000), nextTimer: at(1000)) == false)
    #expect(clock.time == at(1900))
  }

  @Test("it never goes back")
  func monotonic() {
    var clock = StallClock(tolerance: .milliseconds(100))
    _ = clock.advance(to: at(990), nextTimer: nil)
    #expect(clock.advance(to: at(6000), nextTimer: at(1000)) == true)
    #expect(clock.time == at(990))
  }
}
