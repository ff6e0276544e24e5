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

  @Test("whoever still accuses us of what was refuted hears of it at once, and nobody else does")
  func enlightened() {
    var lab = Lab(others: 2)
    lab.hear(.suspect(Lab.accusation("me", by: "n1", 5)))
    let me = lab.swim.me
    let claim = Alive(incarnation: 6, node: "me", address: Lab.home, meta: [], versions: me.versions)
    for message in [Message.suspect(Lab.accusation("me", by: "n1", 5)), .dead(Lab.accusation("me", by: "n1", 5))] {
      #expect(lab.hear(message, from: 1) == [.ignored(.oldIncarnation), .send([.alive(claim)], to: Lab.address(1))])
    }
    // One that passes on what it heard, and a stranger: it could make us send to whom it likes.
    for number in [2, 9] {
      let effects = lab.hear(.suspect(Lab.accusation("me", by: "n1", 5)), from: number)
      #expect(effects == [.ignored(.oldIncarnation)])
    }
    #expect(lab.hear(.suspect(Lab.accusation("me", by: "n9", 5)), from: 9).sent.isEmpty)
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

  @Test("a name that others hold dead at another address is claimed again once it may be taken over")
  func claimedAgain() throws {
    var lab = Lab(.lan.asRun, others: 2)
    lab.pass(.seconds(1))
    func answer(_ address: Swim.Address) -> PushPull {
      PushPull(
        isJoin: false,
        states: [
          PushPull.State(name: "me", address: address, meta: [], incarnation: 1, state: .dead, versions: .plain)
        ])
    }
    func claims(_ happened: [(after: Duration, effect: Swim.Effect)]) -> [Duration] {
      happened.filter { if case .openPushPull(_, _, let state) = $0.effect { !state.isJoin } else { false } }.map(
        \.after)
    }
    let exchange = Swim.IncomingExchange(number: 1)
    for _ in 1...3 { lab(.pushPullReceived(answer(Lab.address(70)), exchange: exchange)) }
    let reclaim = lab.swim.configuration.deadNodeReclaim
    // Longer than its refutation is gossiped.
    lab.pass(reclaim)
    let happened = lab.pass(.seconds(2))
    #expect(
      happened.news(of: "me").contains { if case .alive(let claim) = $0 { claim.address == Lab.home } else { false } })
    #expect(!claims(happened).isEmpty, "it asks whether it is believed")
    // Where it may never be taken over, it need not be tried.
    var patient = Lab(.lan, others: 2)
    patient(.pushPullReceived(answer(Lab.address(70)), exchange: exchange))
    patient.pass(reclaim)
    #expect(patient.pass(.seconds(2)).news(of: "me").isEmpty)
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
