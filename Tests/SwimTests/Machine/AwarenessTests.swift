import Clockwork
import Swim
import Testing

@Suite("self-awareness")
struct AwarenessTests {
  /// A failed probe in which so many of the three asked said nack.
  private func awareness(afterNacks nacks: Int, others: Int = 5) throws -> Int {
    var lab = Lab(others: others)
    let (ping, _) = try lab.passUntilPing()
    lab.pass(.milliseconds(700))
    for _ in 0..<nacks { lab.hear(.nack(Nack(sequence: ping.sequence))) }
    lab.pass(.milliseconds(300))
    #expect(lab.state(ping.node) == .suspect)
    return lab.swim.awareness
  }

  @Test("a failed probe counts the nacks that did not come", arguments: [(0, 3), (1, 2), (3, 0), (5, 0)])
  func missingNacks(_ nacks: Int, _ score: Int) throws { #expect(try awareness(afterNacks: nacks) == score) }

  @Test("a failed probe with nobody to ask counts one")
  func nobodyToAsk() throws { #expect(try awareness(afterNacks: 0, others: 1) == 1) }

  @Test("a refutation counts one, a successful probe takes one away, never below zero")
  func upAndDown() throws {
    var lab = Lab(others: 1)
    lab.hear(.suspect(Lab.accusation("me", by: "n1")))
    #expect(lab.swim.awareness == 1)
    for _ in 0..<2 {
      let (ping, _) = try lab.passUntilPing()
      lab.hear(.ack(Ack(sequence: ping.sequence)), from: 1)
      #expect(lab.swim.awareness == 0)
    }
  }

  @Test("the score stops below the multiplier's limit")
  func limit() {
    var lab = Lab(others: 1)
    for round in 1...20 { lab.hear(.suspect(Lab.accusation("me", by: "n1", UInt32(round)))) }
    #expect(lab.swim.awareness == 7)
  }

  @Test("a doubtful process gives the probed member more time")
  func moreTime() throws {
    var lab = Lab(others: 1)
    lab.hear(.suspect(Lab.accusation("me", by: "n1")))
    _ = try lab.passUntilPing()
    lab.pass(.milliseconds(1999))
    #expect(lab.state("n1") == .alive)
    lab.pass(.milliseconds(1))
    #expect(lab.state("n1") == .suspect)
  }

  @Test("a late loop makes doubtful once an interval, a punctual one does not")
  func lag() {
    var lab = Lab(others: 1)
    #expect(lab(.lagged(.milliseconds(20))).ignored == [.nothingToDo])
    lab(.lagged(.milliseconds(400)))
    lab(.lagged(.milliseconds(400)))
    #expect(lab.swim.awareness == 1)
  }

  @Test("a delay that the machine finds and its shell tells of counts once")
  func stallAndLag() throws {
    var lab = Lab(others: 3)
    _ = try lab.passUntilPing()
    lab.stall(.milliseconds(900))
    lab(.lagged(.milliseconds(400)))
    lab(.wake)
    #expect(lab.swim.awareness == 1)
  }

  @Test("a process that was stopped reads its answers before it judges")
  func stall() throws {
    var lab = Lab(others: 3)
    let (ping, _) = try lab.passUntilPing()
    lab.stall(.seconds(30))
    let late = lab(.wake)
    #expect(late.events.isEmpty)
    lab.hear(.ack(Ack(sequence: ping.sequence)), from: 2)
    lab.pass(.milliseconds(400))
    #expect(lab.state(ping.node) == .alive)
    #expect(lab.swim.reachableCount == 3)
  }

  @Test("a process that is always late still finds the dead")
  func alwaysLate() {
    var lab = Lab(others: 1)
    for _ in 0..<60 {
      lab.stall(.seconds(1))
      lab(.wake)
    }
    #expect(lab.state("n1") == .dead)
  }
}
