import Clockwork
import Swim
import Testing

@Suite("push-pull")
struct PushPullTests {
  private static let exchange = Swim.IncomingExchange(number: 3)

  private func state(
    _ number: Int, _ state: MemberState, _ incarnation: UInt32 = 1, versions: Versions? = .plain
  ) -> PushPull.State {
    PushPull.State(
      name: "n\(number)", address: Lab.address(number), meta: [], incarnation: incarnation, state: state,
      versions: versions)
  }

  @discardableResult
  private func receive(_ lab: inout Lab, _ states: PushPull.State...) -> [Swim.Effect] {
    lab(.pushPullReceived(PushPull(isJoin: true, states: states), exchange: Self.exchange))
  }

  private func reply(_ effects: [Swim.Effect]) throws -> [PushPull.State] {
    guard case .reply(_, .pushPull(let state)) = try #require(effects.first) else { return [] }
    return state.states
  }

  @Test("the answer goes first and does not yet hold what came")
  func answerFirst() throws {
    var lab = Lab(others: 1)
    let effects = receive(&lab, state(5, .alive))
    #expect(try reply(effects).map(\.name) == ["me", "n1"])
    #expect(lab.state("n5") == .alive)
    #expect(effects.events.count == 1)
  }

  @Test("the state holds everybody with their vectors, the dead and the left too")
  func everybody() throws {
    var lab = Lab(others: 3)
    lab.hear(.dead(Lab.accusation("n1", by: "x")), .dead(Lab.accusation("n2", by: "n2")))
    let states = try reply(receive(&lab))
    #expect(Set(states.map { "\($0.name) \($0.state)" }) == ["me alive", "n1 dead", "n2 left", "n3 alive"])
    #expect(states.allSatisfy { $0.versions == .plain })
  }

  @Test("a death that others believe in is only our suspicion; a leave is believed")
  func merged() {
    var lab = Lab(others: 3)
    receive(&lab, state(1, .dead), state(2, .suspect), state(3, .left), state(4, .dead))
    #expect(lab.state("n1") == .suspect)
    #expect(lab.swim.member(named: "n1")?.suspectedBy == ["me"])
    #expect(lab.state("n2") == .suspect)
    #expect(lab.state("n3") == .left)
    #expect(lab.state("n4") == nil)
  }

  @Test(
    "our own entry in an answer, dead or left from an earlier life, is refuted", arguments: [MemberState.dead, .left])
  func rejoin(_ old: MemberState) {
    var lab = Lab()
    let own = PushPull.State(
      name: "me", address: Lab.home, meta: [], incarnation: 7, state: old, versions: .plain)
    lab(.pushPullReceived(PushPull(isJoin: false, states: [own, state(1, .alive)]), exchange: Self.exchange))
    #expect(lab.swim.me.incarnation == 8)
    let claims = lab.pass(.seconds(1)).news(of: "me")
    #expect(claims.contains { if case .alive(let claim) = $0 { claim.incarnation == 8 } else { false } })
  }

  @Test(
    "one member of the wrong versions, in any state, spoils the whole exchange",
    arguments: [
      Versions(1, 5, 2, 2, 5, 5), Versions(6, 9, 6, 0, 0, 0), Versions(1, 5, 6, 0, 0, 0), nil,
    ])
  func versions(_ wrong: Versions?) {
    for condition in MemberState.allCases {
      var lab = Lab()
      let effects = receive(&lab, state(1, .alive), state(2, condition, versions: wrong))
      #expect(effects.ignored == [.unusableVersions])
      #expect(effects.events.count == 1)
      #expect(lab.state("n1") == nil)
      #expect(receive(&lab, state(2, condition, versions: wrong)).events.isEmpty, "told twice within a minute")
    }
  }

  @Test("a serf agent among the others is named with its address, and with what it speaks")
  func serf() throws {
    var lab = Lab()
    let effects = receive(&lab, state(1, .alive), state(2, .alive, versions: Versions(1, 5, 2, 2, 5, 5)))
    guard case .versionsDisagree(_, let reason)? = effects.events.first else {
      Issue.record("\(effects)")
      return
    }
    #expect(
      reason == "n2 at \(Lab.address(2)) speaks protocol 2 with version 5 of a delegate protocol, this member protocol "
        + "2 with no delegate protocol")
  }

  @Test("a plain vector whose present version is plain passes beside an able one")
  func compatible() {
    var lab = Lab()
    receive(
      &lab, state(1, .alive, versions: Versions(2, 4, 3, 0, 0, 0)),
      state(2, .dead, versions: Versions(9, 9, 2, 0, 0, 0)))
    #expect(lab.state("n1") == .alive)
  }

  @Test(
    "one alive member is asked in each interval, and the exchange has its time",
    arguments: [(20, 30), (40, 60), (100, 90)])
  func interval(_ others: Int, _ seconds: Int) throws {
    var configuration = Swim.Configuration.lan
    // So that nobody dies meanwhile.
    configuration.probeInterval = .seconds(3600)
    var lab = Lab(configuration, others: others)
    func next() throws -> (exchange: Swim.OutgoingExchange, at: Instant) {
      let exchange = try lab.pass { if case .openPushPull(let exchange, _, _) = $0 { exchange } else { nil } }.found
      return (exchange, lab.now)
    }
    let first = try next()
    let dropped = try lab.pass { $0 == .abandon(first.exchange) ? true : nil }
    #expect(dropped.after == .seconds(10))
    #expect(lab(.pushPullAnswered(first.exchange, PushPull(isJoin: false, states: []))).ignored == [.unknownExchange])
    let second = try next()
    #expect(second.at - first.at == .seconds(seconds))
  }
}
