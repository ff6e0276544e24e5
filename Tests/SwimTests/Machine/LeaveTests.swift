import Clockwork
import Swim
import Testing

@Suite("leaving, and being forgotten")
struct LeaveTests {
  @Test("the good-bye goes to everybody at once, in our own name and incarnation")
  func goodBye() {
    var lab = Lab(others: 3)
    let sent = lab(.leave).sent
    #expect(Set(sent.map(\.to)) == [Lab.address(1), Lab.address(2), Lab.address(3)])
    #expect(sent.allSatisfy { $0.messages == [.dead(Lab.accusation("me", by: "me"))] })
    #expect(lab.swim.me.state == .left)
  }

  @Test("where datagrams do not get through, a few hear the good-bye on a stream, and the leave waits for them")
  func onStreams() {
    var lab = Lab(others: 6)
    // Whoever is probed answers on the stream alone.
    var unreached: Set<String> = []
    for _ in 0..<150 where unreached.count < 6 {
      for case .openStreamPing(let exchange, _, let ping) in lab.pass(.milliseconds(100)).effects {
        lab(.streamPingAnswered(exchange, Ack(sequence: ping.sequence)))
        unreached.insert(ping.node)
      }
    }
    lab.pass(.seconds(1))
    let told = lab(.leave).compactMap { effect -> (Swim.OutgoingExchange, PushPull)? in
      if case .openPushPull(let exchange, _, let state) = effect { (exchange, state) } else { nil }
    }
    #expect(told.count == 4)
    #expect(told.allSatisfy { $0.1.states.first { $0.name == "me" }?.state == .left })
    for (exchange, _) in told.dropFirst() { lab(.pushPullAnswered(exchange, PushPull(isJoin: false, states: []))) }
    // One of them never answers: the leave has its bound.
    let happened = lab.pass(.seconds(6))
    let end = happened.first { $0.effect == .left }?.after
    #expect(end! > .seconds(2) && end! <= Swim.Limits.leave + .milliseconds(100))
    #expect(happened.effects.contains(.abandon(told[0].0)))
    #expect(!Lab(others: 6).isToldOnStreams)
  }

  @Test("it goes on answering for a second, and then is done")
  func goesOn() {
    var lab = Lab(others: 3)
    lab(.leave)
    #expect(lab.hear(.ping(Ping(sequence: 1, node: "me"))).messages.first == .ack(Ack(sequence: 1)))
    let happened = lab.pass(.seconds(6))
    let end = happened.first { $0.effect == .left }?.after
    #expect(end! >= .seconds(1))
    #expect(end! <= .seconds(2))
    #expect(!happened.effects.messages.contains { if case .ping = $0 { true } else { false } })
    #expect(lab.hear(.ping(Ping(sequence: 2, node: "me"))).messages.first == .ack(Ack(sequence: 2)))
    #expect(lab(.leave) == [.ignored(.leaving)])
  }

  @Test("while leaving it neither refutes nor believes in its own life")
  func noRefutation() {
    var lab = Lab(others: 3)
    lab(.leave)
    let claim = Alive(incarnation: 9, node: "me", address: Lab.home, meta: [], versions: .plain)
    #expect(lab.hear(.alive(claim)).ignored == [.leaving])
    #expect(lab.hear(.dead(Lab.accusation("me", by: "n1"))).ignored == [.leaving])
    #expect(lab.hear(.suspect(Lab.accusation("me", by: "n1"))).ignored == [.leaving])
    #expect(lab.swim.me.incarnation == 1)
    #expect(lab(.setMeta([1])) == [.ignored(.leaving)])
    #expect(lab(.join([Lab.address(9)])) == [.ignored(.leaving)])
  }

  @Test("alone or not even started there is nobody to wait for")
  func alone() {
    var lab = Lab()
    #expect(lab(.leave) == [.left])
    var idle = Lab(started: false)
    #expect(idle(.leave) == [.left])
  }

  @Test("one that left still answers with its state, in which it has left")
  func stateAfterwards() {
    var lab = Lab()
    lab(.leave)
    let exchange = Swim.IncomingExchange(number: 1)
    let effects = lab(.pushPullReceived(PushPull(isJoin: false, states: []), exchange: exchange))
    guard case .reply(_, .pushPull(let state))? = effects.first else {
      Issue.record("no answer but \(effects)")
      return
    }
    #expect(state.states.map(\.state) == [.left])
  }

  @Test("the protocol forgets the dead and the left after its time, the list after an hour")
  func forgotten() {
    var lab = Lab(others: 3)
    lab.hear(.dead(Lab.accusation("n1", by: "x")), .dead(Lab.accusation("n2", by: "n2")))
    let exchange = Swim.IncomingExchange(number: 1)
    func told() -> Set<String> {
      let effects = lab(.pushPullReceived(PushPull(isJoin: false, states: []), exchange: exchange))
      guard case .reply(_, .pushPull(let state))? = effects.first else { return [] }
      return Set(state.states.map(\.name))
    }
    #expect(told() == ["me", "n1", "n2", "n3"])
    var events: [MemberEvent] = []
    func live(_ seconds: Int) {
      for _ in 0..<seconds {
        for (_, effect) in lab.pass(.seconds(1)) {
          if case .event(let event) = effect { events.append(event) }
          if case .send(let messages, _) = effect, case .ping(let ping) = messages[0] {
            lab.hear(.ack(Ack(sequence: ping.sequence)), from: 3)
          }
        }
      }
    }
    live(40)
    #expect(told() == ["me", "n3"])
    #expect(lab.state("n1") == .dead)
    #expect(lab.state("n2") == .left)
    live(3500)
    #expect(lab.swim.members(at: lab.now).count == 4)
    live(150)
    #expect(Set(lab.swim.members(at: lab.now).map(\.name)) == ["me", "n3"])
    #expect(events.count { if case .forgotten = $0 { true } else { false } } == 2)
    // Forgotten, it may begin again at 1.
    lab.hear(.alive(Lab.alive(1)))
    #expect(lab.state("n1") == .alive)
  }
}

extension Lab {
  /// Whether a leave opens streams.
  fileprivate var isToldOnStreams: Bool {
    var lab = self
    return lab(.leave).contains { if case .openPushPull = $0 { true } else { false } }
  }
}
