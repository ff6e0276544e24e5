import Clockwork
import Swim
import Testing

@Suite("what is said about others")
struct ClaimTests {
  @Test("an alive about an unknown name admits it and is passed on")
  func admitted() {
    var lab = Lab()
    let effects = lab.hear(.alive(Lab.alive(1, 7, meta: [1, 2])))
    let member = lab.swim.member(named: "n1")
    #expect(effects.events == [.joined(member!)])
    #expect(member?.incarnation == 7)
    #expect(member?.meta == [1, 2])
    #expect(lab.pass(.seconds(1)).news(of: "n1").first == .alive(Lab.alive(1, 7, meta: [1, 2])))
  }

  @Test("incarnation 0 says nothing, since everybody begins as dead with 0")
  func zero() {
    var lab = Lab()
    #expect(lab.hear(.alive(Lab.alive(1, 0))) == [.ignored(.oldIncarnation)])
    #expect(lab.state("n1") == nil)
  }

  @Test(
    "an alive with an unusable vector is ignored, one without any is let in",
    arguments: [
      (Versions(0, 5, 2, 0, 0, 0), false), (Versions(1, 0, 2, 0, 0, 0), false), (Versions(4, 3, 4, 0, 0, 0), false),
      (Versions(6, 9, 6, 0, 0, 0), true), (Versions(1, 5, 2, 2, 5, 5), true), (nil, true),
    ])
  func vectors(_ versions: Versions?, _ isAdmitted: Bool) {
    var lab = Lab()
    lab.hear(.alive(Lab.alive(1, versions: versions)))
    #expect((lab.state("n1") == .alive) == isAdmitted)
  }

  @Test("an alive of the same incarnation neither ends a suspicion nor changes meta")
  func sameIncarnation() {
    var lab = Lab(others: 1)
    lab.hear(.suspect(Lab.accusation("n1", by: "x")))
    #expect(lab.hear(.alive(Lab.alive(1, 1, meta: [9]))) == [.ignored(.oldIncarnation)])
    #expect(lab.state("n1") == .suspect)
    #expect(lab.swim.member(named: "n1")?.meta == [])
  }

  @Test("a higher alive refutes, updates or brings back")
  func higher() {
    var lab = Lab(others: 1)
    lab.hear(.suspect(Lab.accusation("n1", by: "x")))
    let refuted = lab.hear(.alive(Lab.alive(1, 2, meta: [1]))).events
    #expect(refuted == [.refuted(lab.swim.member(named: "n1")!), .updated(lab.swim.member(named: "n1")!)])
    #expect(lab.hear(.alive(Lab.alive(1, 3, meta: [1]))).events == [])
    #expect(lab.hear(.alive(Lab.alive(1, 4, meta: [2]))).events == [.updated(lab.swim.member(named: "n1")!)])
    lab.hear(.dead(Lab.accusation("n1", by: "x", 4)))
    #expect(lab.hear(.alive(Lab.alive(1, 4))) == [.ignored(.oldIncarnation)])
    #expect(lab.hear(.alive(Lab.alive(1, 5))).events == [.joined(lab.swim.member(named: "n1")!)])
  }

  @Test("an accusation of an unknown member or of an old incarnation is ignored")
  func oldAccusations() {
    var lab = Lab()
    lab.hear(.alive(Lab.alive(1, 5)))
    #expect(lab.hear(.suspect(Lab.accusation("n7", by: "x"))) == [.ignored(.unknownMember)])
    #expect(lab.hear(.dead(Lab.accusation("n7", by: "x"))) == [.ignored(.unknownMember)])
    #expect(lab.hear(.suspect(Lab.accusation("n1", by: "x", 4))) == [.ignored(.oldIncarnation)])
    #expect(lab.hear(.dead(Lab.accusation("n1", by: "x", 4))) == [.ignored(.oldIncarnation)])
    #expect(lab.state("n1") == .alive)
  }

  @Test("an accusation above the known incarnation is taken over")
  func higherAccusation() {
    var lab = Lab(others: 1)
    lab.hear(.suspect(Lab.accusation("n1", by: "x", 8)))
    #expect(lab.swim.member(named: "n1")?.incarnation == 8)
    lab.hear(.alive(Lab.alive(1, 8)))
    #expect(lab.state("n1") == .suspect)
  }

  @Test("a dead by its own word has left; after a death a leave changes nothing, nor does a suspicion")
  func leave() {
    var lab = Lab(others: 2)
    #expect(lab.hear(.dead(Lab.accusation("n1", by: "n1"))).events == [.left(lab.swim.member(named: "n1")!)])
    #expect(lab.hear(.dead(Lab.accusation("n2", by: "x"))).events == [.died(lab.swim.member(named: "n2")!, by: "x")])
    #expect(lab.hear(.dead(Lab.accusation("n2", by: "n2"))) == [.ignored(.alreadyKnown)])
    #expect(lab.hear(.suspect(Lab.accusation("n1", by: "x"))) == [.ignored(.notAlive)])
    #expect(lab.state("n1") == .left)
    #expect(lab.state("n2") == .dead)
  }

  @Test("another address for a living name is a conflict, told once a minute")
  func conflict() {
    var lab = Lab(others: 1)
    var thief = Lab.alive(1, 9)
    thief.address = Lab.address(50)
    let told = MemberEvent.nameConflict(name: "n1", held: Lab.address(1), claimed: Lab.address(50))
    #expect(lab.hear(.alive(thief)) == [.ignored(.nameConflict), .event(told)])
    #expect(lab.hear(.alive(thief)) == [.ignored(.nameConflict)])
    #expect(lab.swim.member(named: "n1")?.address == Lab.address(1))
  }

  @Test("a name that was left may be used from elsewhere at once, a dead one's only if configured")
  func reclaimed() {
    var configuration = Swim.Configuration.lan
    for (reclaim, isTaken) in [(Duration.zero, false), (.seconds(5), true)] {
      configuration.deadNodeReclaim = reclaim
      var lab = Lab(configuration, others: 2)
      lab.hear(.dead(Lab.accusation("n1", by: "n1")), .dead(Lab.accusation("n2", by: "x")))
      lab.pass(.seconds(6))
      for number in 1...2 {
        var other = Lab.alive(number, 1)
        other.address = Lab.address(60)
        lab.hear(.alive(other))
      }
      #expect(lab.state("n1") == .alive)
      #expect(lab.state("n2") == (isTaken ? .alive : .dead))
    }
  }

  @Test("port 0 in an alive stands for the port listened on here")
  func portZero() {
    var lab = Lab()
    var alive = Lab.alive(1)
    alive.address = alive.address.with(port: 0)
    lab.hear(.alive(alive))
    #expect(lab.swim.member(named: "n1")?.address == Lab.address(1))
  }

  @Test("empty and endless names, and what no packet holds, are ignored")
  func unusable() {
    var lab = Lab()
    var alive = Lab.alive(1)
    alive.node = ""
    #expect(lab.hear(.alive(alive)) == [.ignored(.unusableName)])
    alive.node = String(repeating: "x", count: 256)
    #expect(lab.hear(.alive(alive)) == [.ignored(.unusableName)])
    #expect(lab.hear(.alive(Lab.alive(1, meta: Array(repeating: 1, count: 1400)))) == [.ignored(.tooLarge)])
    #expect(lab.hear(.alive(Lab.alive(1, meta: Array(repeating: 1, count: 600)))).events.count == 1)
    #expect(lab.hear(.user([1])) == [.ignored(.userMessage)])
  }
}
