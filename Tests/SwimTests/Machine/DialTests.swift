import Clockwork
import Swim
import Testing

@Suite("joining and dialling the dead")
struct DialTests {
  private typealias Dial = (exchange: Swim.OutgoingExchange, to: Swim.Address, isJoin: Bool)

  private func dials(_ effects: [Swim.Effect]) -> [Dial] {
    effects.compactMap {
      if case .openPushPull(let exchange, let address, let state) = $0 {
        (exchange, address, state.isJoin)
      } else {
        nil
      }
    }
  }

  private func answer(_ members: Int...) -> PushPull {
    PushPull(
      isJoin: false,
      states: members.map {
        PushPull.State(
          name: "n\($0)", address: Lab.address($0), meta: [], incarnation: 1, state: .alive, versions: .plain)
      })
  }

  /// Lets time pass while every stream is refused; the dials and the complaints with their times.
  private func refuse(_ lab: inout Lab, for duration: Duration) -> (dials: [(Duration, Swim.Address)], told: [Duration])
  {
    let start = lab.now
    var found: (dials: [(Duration, Swim.Address)], told: [Duration]) = ([], [])
    while lab.now - start < duration {
      var effects = lab.pass(.milliseconds(100)).effects
      var next = 0
      while next < effects.count {
        if case .openPushPull(let exchange, let address, _) = effects[next] {
          found.dials.append((lab.now - start, address))
          effects += lab(.exchangeFailed(exchange, reason: "connection refused"))
        }
        if case .event(.joinFailing) = effects[next] { found.told.append(lab.now - start) }
        next += 1
      }
    }
    return found
  }

  @Test("all addresses are dialled at the start, our own is not, and one answer is enough")
  func join() {
    var lab = Lab(started: false)
    lab(.join([Lab.address(1), Lab.home, Lab.address(2), Lab.address(1)]))
    let dialled = dials(lab(.start))
    #expect(Set(dialled.map(\.to)) == [Lab.address(1), Lab.address(2)])
    #expect(dialled.allSatisfy { $0.isJoin })
    let events = lab(.pushPullAnswered(dialled[0].exchange, answer(1, 2, 3))).events
    #expect(events.contains(.joinSucceeded(through: dialled[0].to)))
    #expect(lab.swim.reachableCount == 3)
    #expect(lab(.exchangeFailed(dialled[1].exchange, reason: "refused")).events.isEmpty)
  }

  @Test("alone, an unreachable address is tried at least once a minute for ever, and said once a minute")
  func unreachable() {
    var lab = Lab()
    lab(.join([Lab.address(1)]))
    let found = refuse(&lab, for: .seconds(600))
    #expect(found.dials.count >= 20)
    #expect(found.dials.count < 120)
    let gaps = zip(found.dials.dropFirst(), found.dials).map { $0.0 - $1.0 }
    #expect(gaps.max()! <= .seconds(31))
    #expect(9...10 ~= found.told.count)
    #expect(zip(found.told.dropFirst(), found.told).allSatisfy { abs(($0 - $1) / .seconds(60) - 1) < 0.01 })
  }

  @Test("the complaint names the addresses and the cause")
  func complaint() throws {
    var lab = Lab()
    let dialled = dials(lab(.join([Lab.address(1)])))
    let events = lab(.exchangeFailed(try #require(dialled.first).exchange, reason: "no route")).events
    #expect(events == [.joinFailing(addresses: [Lab.address(1)], reason: "127.0.0.2:7946: no route", seconds: 0)])
  }

  @Test("an address that leads to this process is not tried again and is no failure")
  func alias() {
    var lab = Lab()
    let dialled = dials(lab(.join([Lab.address(1)])))
    let own = PushPull.State(
      name: "me", address: Lab.home, meta: [], incarnation: 1, state: .alive, versions: .plain)
    lab(.pushPullAnswered(dialled[0].exchange, PushPull(isJoin: false, states: [own])))
    let found = refuse(&lab, for: .seconds(300))
    #expect(found.dials.isEmpty)
    #expect(found.told.isEmpty)
  }

  @Test("in company an address behind which nobody known sits is tried about once a minute")
  func inCompany() {
    var lab = Lab(others: 1)
    lab(.join([Lab.address(1), Lab.address(40)]))
    var tries = 0
    for _ in 0..<6000 {
      let effects = lab.pass(.milliseconds(100)).effects
      for dial in dials(effects) where dial.isJoin {
        #expect(dial.to == Lab.address(40))
        tries += 1
        lab(.exchangeFailed(dial.exchange, reason: "refused"))
      }
      for case .send(let messages, _) in effects {
        if case .ping(let ping) = messages[0] { lab.hear(.ack(Ack(sequence: ping.sequence)), from: 1) }
      }
    }
    // Soon at first, and then once a minute or so.
    #expect(14...24 ~= tries)
  }

  @Test("a dead member is dialled for ever, long after it is listed no more")
  func forEver() {
    var lab = Lab(.local, others: 1)
    lab.hear(.dead(Lab.accusation("n1", by: "x")))
    _ = refuse(&lab, for: .seconds(3700))
    #expect(lab.swim.members(at: lab.now).map(\.name) == ["me"])
    let found = refuse(&lab, for: .seconds(100))
    #expect(found.dials.count >= 6)
    #expect(found.dials.allSatisfy { $0.1 == Lab.address(1) })
  }

  @Test("whatever the profile, a lonely member dials one that was cut off within 45 seconds, again and again")
  func everyProfile() {
    for profile in [Swim.Configuration.lan, .wan, .local] {
      var lab = Lab(profile, others: 1)
      lab.hear(.dead(Lab.accusation("n1", by: "x")))
      let times = refuse(&lab, for: .seconds(3600)).dials.map(\.0)
      let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
      #expect(gaps.max()! < .seconds(46) && gaps.count < 500)
      #expect(Set(gaps).count > 20, "they are jittered")
    }
  }

  @Test("those who died last are dialled soon, though thousands died before them and never come back")
  func lastDead() {
    var lab = Lab(.lan, others: 4)
    for number in 100..<3100 {
      let name = "n\(number)"
      lab.hear(.alive(Lab.alive(number)))
      lab.hear(.dead(Lab.accusation(name, by: "x")))
    }
    // The protocol forgets them at the end of the round.
    answerProbes(&lab, for: .seconds(60), 1...4)
    for number in 1...4 { lab.hear(.dead(Lab.accusation("n\(number)", by: "x"))) }
    _ = refuse(&lab, for: .seconds(3600))
    let dialled = refuse(&lab, for: .seconds(60)).dials
    #expect(dialled.contains { (1...4).map(Lab.address).contains($0.1) }, "\(dialled)")
    #expect(dialled.count <= 4 * Swim.Limits.redialsAtOnce, "at a low rate all the same")
  }

  /// Lets time pass while these members answer their pings and nobody opens a stream.
  private func answerProbes(_ lab: inout Lab, for duration: Duration, _ members: ClosedRange<Int>) {
    let start = lab.now
    while lab.now - start < duration {
      for case .send(let messages, let address) in lab.pass(.milliseconds(100)).effects {
        guard case .ping(let ping) = messages[0], let member = members.first(where: { Lab.address($0) == address })
        else { continue }
        lab.hear(.ack(Ack(sequence: ping.sequence)), from: member)
      }
    }
  }

  @Test("a lonely process that is pinged asks who pings for the cluster, once a second at most")
  func knock() throws {
    var lab = Lab()
    let asked = dials(lab.hear(.ping(Lab.ping(1, by: 1)), from: 1))
    #expect(asked.map(\.to) == [Lab.address(1)] && asked.allSatisfy { $0.isJoin })
    #expect(dials(lab.hear(.ping(Lab.ping(1, by: 2)), from: 2)).isEmpty)
    lab.pass(.seconds(1))
    let again = try #require(dials(lab.hear(.ping(Lab.ping(1, by: 2)), from: 2)).first)
    #expect(lab(.exchangeFailed(again.exchange, reason: "refused")).events.isEmpty)
    lab(.pushPullAnswered(asked[0].exchange, answer(1, 2, 3)))
    #expect(lab.swim.reachableCount == 3)
    lab.pass(.seconds(2))
    #expect(dials(lab.hear(.ping(Lab.ping(1, by: 40)), from: 40)).isEmpty, "in company nobody is asked")
    var bare = Lab()
    #expect(dials(bare.hear(.ping(Ping(sequence: 1, node: "")))).isEmpty)
  }

  @Test("a dead member that answers is dialled again at once, so that its refutation comes")
  func secondLook() throws {
    var lab = Lab(.local, others: 1)
    lab.hear(.dead(Lab.accusation("n1", by: "x")))
    let first = try lab.pass { self.dials([$0]).first }.found
    lab(.pushPullAnswered(first.exchange, answer(1)))
    #expect(lab.state("n1") == .dead)
    let second = try lab.pass { self.dials([$0]).first }
    #expect(second.after == .seconds(1))
    var refuted = answer(1)
    refuted.states[0].incarnation = 2
    lab(.pushPullAnswered(second.found.exchange, refuted))
    #expect(lab.state("n1") == .alive)
  }

  @Test("one that left is not dialled")
  func left() {
    var lab = Lab(.local, others: 1)
    lab.hear(.dead(Lab.accusation("n1", by: "n1")))
    #expect(refuse(&lab, for: .seconds(300)).dials.isEmpty)
  }

  @Test("when the last of the others has gone, the addresses are tried again soon")
  func aloneAgain() {
    var lab = Lab(.local, others: 1)
    lab(.join([Lab.address(40)]))
    _ = refuse(&lab, for: .seconds(2))
    lab.hear(.dead(Lab.accusation("n1", by: "n1", 99)))
    #expect(refuse(&lab, for: .seconds(2)).dials.contains { $0.1 == Lab.address(40) })
  }
}
