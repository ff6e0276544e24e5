import Clockwork
import Swim
import Testing

@Suite("what is said about this process")
struct OwnNameTests {
  private func refutation(_ lab: inout Lab) -> Alive? {
    for case .alive(let claim) in lab.pass(.seconds(1)).news(of: "me") { return claim }
    return nil
  }

  @Test("an accusation is refuted above it", arguments: [(1, 2), (5, 6)])
  func accused(_ claimed: UInt32, _ answer: UInt32) {
    for isDeath in [true, false] {
      var lab = Lab(others: 1)
      let claim = Lab.accusation("me", by: "n1", claimed)
      lab.hear(isDeath ? .dead(claim) : .suspect(claim))
      #expect(lab.swim.me.incarnation == answer)
      #expect(refutation(&lab)?.incarnation == answer)
    }
  }

  @Test("an old accusation is ignored")
  func oldAccusation() {
    var lab = Lab(others: 1)
    lab.hear(.suspect(Lab.accusation("me", by: "n1", 5)))
    #expect(lab.hear(.dead(Lab.accusation("me", by: "n1", 5))) == [.ignored(.oldIncarnation)])
  }

  @Test("an alive from an earlier life is outdone, our own words are not")
  func earlierLife() {
    var lab = Lab(others: 1)
    var claim = Alive(incarnation: 1, node: "me", address: Lab.home, meta: [], versions: .plain)
    #expect(lab.hear(.alive(claim)) == [.ignored(.alreadyKnown)])
    claim.meta = [1]
    lab.hear(.alive(claim))
    #expect(lab.swim.me.incarnation == 2)
    claim.incarnation = 20
    lab.hear(.alive(claim))
    #expect(lab.swim.me.incarnation == 21)
    #expect(lab.swim.me.meta == [])
  }

  @Test("our name at another address is a conflict and not refuted")
  func conflict() {
    var lab = Lab(others: 1)
    let claim = Alive(incarnation: 9, node: "me", address: Lab.address(70), meta: [], versions: .plain)
    let told = MemberEvent.nameConflict(name: "me", held: Lab.home, claimed: Lab.address(70))
    #expect(lab.hear(.alive(claim)) == [.ignored(.nameConflict), .event(told)])
    #expect(lab.swim.me.incarnation == 1)
  }

  @Test("the highest incarnation cannot be outdone and does no harm")
  func exhausted() {
    var lab = Lab(others: 1)
    #expect(lab.hear(.suspect(Lab.accusation("me", by: "n1", .max))) == [.ignored(.incarnationExhausted)])
    lab.hear(.suspect(Lab.accusation("me", by: "n1", .max - 1)))
    #expect(lab.swim.me.incarnation == .max)
    #expect(lab(.setMeta([1])) == [.ignored(.incarnationExhausted)])
  }

  @Test("changed meta raises the incarnation and is gossiped; too much or the same is refused")
  func meta() {
    var lab = Lab(others: 1)
    lab(.setMeta([7]))
    #expect(refutation(&lab)?.meta == [7])
    #expect(lab.swim.me.incarnation == 2)
    #expect(lab(.setMeta([7])) == [.ignored(.alreadyKnown)])
    #expect(lab(.setMeta(Array(repeating: 0, count: 513))) == [.ignored(.tooLarge)])
    #expect(lab.swim.me.meta == [7])
  }

  @Test("before the start everything but meta and join is ignored")
  func beforeStart() {
    var lab = Lab(started: false)
    #expect(lab.hear(.ping(Ping(sequence: 1, node: "me"))) == [.ignored(.notStarted)])
    let exchange = Swim.IncomingExchange(number: 1)
    let effects = lab(.pushPullReceived(PushPull(isJoin: true, states: []), exchange: exchange))
    #expect(effects == [.ignored(.notStarted), .close(exchange)])
    #expect(lab(.setMeta([3])) == [])
    #expect(lab.swim.me.incarnation == 1)
    lab(.start)
    #expect(lab(.start) == [.ignored(.alreadyStarted)])
  }
}
