import Clockwork
import Testing

@testable import Gossip

@Suite("Signals that tell a process to stop")
struct StopSignalTests {
  @Test("the first one stops, others within a second mean the same, a later one means at once")
  func meaning() {
    var signals = StopSignals()
    let start = Instant(nanoseconds: 5_000_000_000)
    #expect(signals.note(at: start) == .stop)
    #expect(signals.note(at: start) == .same)
    #expect(signals.note(at: start + .milliseconds(149)) == .same)
    #expect(signals.note(at: start + .milliseconds(150)) == .stopAtOnce)
  }
}
