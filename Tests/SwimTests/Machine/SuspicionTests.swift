import Clockwork
import Swim
import Testing

@Suite("suspicion")
struct SuspicionTests {
  @Test("each new accuser is passed on while it is wanted, and listed")
  func confirmations() {
    var lab = Lab(others: 4)
    lab.pass(.seconds(3))
    for accuser in ["a", "b", "b", "c", "d"] { lab.hear(.suspect(Lab.accusation("n1", by: accuser))) }
    #expect(lab.swim.member(named: "n1")?.suspectedBy == ["a", "b", "c"])
    #expect(lab.hear(.suspect(Lab.accusation("n1", by: "e"))).ignored == [.alreadyKnown])
    #expect(lab.pass(.milliseconds(300)).news(of: "n1").contains(.suspect(Lab.accusation("n1", by: "c"))))
  }

  @Test("when it ends the member is dead, by our word")
  func death() throws {
    var lab = Lab(others: 1)
    lab.hear(.suspect(Lab.accusation("n1", by: "n2", 3)))
    let (member, _) = try lab.pass { if case .event(.died(let member, _)) = $0 { member } else { nil } }
    #expect(member.incarnation == 3)
    #expect(lab.pass(.seconds(1)).news(of: "n1").first == .dead(Lab.accusation("n1", by: "me", 3)))
  }

  @Test("a refutation ends it, and the old timer means nothing to a later one")
  func oldTimer() {
    var lab = Lab(.lan, others: 1)
    lab.hear(.suspect(Lab.accusation("n1", by: "x")))
    lab.pass(.milliseconds(3900))
    lab.hear(.alive(Lab.alive(1, 9)))
    lab.hear(.suspect(Lab.accusation("n1", by: "y", 9)))
    lab.pass(.milliseconds(3000))
    #expect(lab.state("n1") == .suspect)
    lab.pass(.milliseconds(1000))
    #expect(lab.state("n1") == .dead)
  }
}
