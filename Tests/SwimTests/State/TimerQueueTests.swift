import Clockwork
import Testing

@testable import Swim

@Suite("timers")
struct TimerQueueTests {
  @Test("a member that is accused and refutes for ever leaves a bounded number of timers behind")
  func accusedForEver() {
    var lab = Lab(others: 3)
    for round in 1...20_000 {
      lab.hear(
        .suspect(Lab.accusation("n1", by: "x", UInt32(round))), .alive(Lab.alive(1, UInt32(round) + 1)))
    }
    #expect(lab.swim.timers.count < 3000)
    // The timers that have a reason are all there.
    lab.hear(.suspect(Lab.accusation("n1", by: "x", 20_001)), .suspect(Lab.accusation("n2", by: "x")))
    lab.pass(.seconds(60))
    #expect(lab.state("n1") == .dead && lab.state("n2") == .dead)
  }

  @Test("what is kept of a crowd fires in its order")
  func order() {
    var queue = TimerQueue()
    for number in 0..<2000 {
      queue.set(.relay(UInt32(number)), at: .zero + .milliseconds(number * 7919 % 2000))
    }
    #expect(queue.isCrowded)
    queue.keep { if case .relay(let number) = $0 { number.isMultiple(of: 3) } else { true } }
    #expect(queue.count == 667 && !queue.isCrowded)
    queue.set(.gossip, at: .zero)
    var last = Instant.zero
    var fired = 0
    while let next = queue.next, queue.pop(until: next) != nil {
      #expect(next >= last)
      (last, fired) = (next, fired + 1)
    }
    #expect(fired == 668)
  }
}
