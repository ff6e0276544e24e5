import Clockwork
import Swim
import Testing

@Suite("probing")
struct ProbeTests {
  @Test("a single other member is probed in every interval")
  func singleOther() {
    var lab = Lab(others: 1)
    var pings = 0
    for _ in 0..<10 {
      for (_, effect) in lab.pass(.seconds(1)) {
        guard case .send(let messages, _) = effect, case .ping(let ping) = messages[0] else { continue }
        pings += 1
        lab.hear(.ack(Ack(sequence: ping.sequence)), from: 1)
      }
    }
    #expect(pings == 10)
  }

  @Test("everybody is probed once in each round")
  func rounds() throws {
    var lab = Lab(others: 7)
    for _ in 0..<3 {
      var probed: Set<String> = []
      for _ in 0..<7 {
        let (ping, _) = try lab.passUntilPing()
        probed.insert(ping.node)
        lab.hear(.ack(Ack(sequence: ping.sequence)), from: 9)
      }
      #expect(probed.count == 7)
    }
  }

  @Test("a ping carries its number, whom it means and where to answer; numbers rise from 1")
  func pingFields() throws {
    var lab = Lab(others: 1)
    let (ping, address) = try lab.passUntilPing()
    #expect(ping == Ping(sequence: 1, node: "n1", source: Source(name: "me", address: Lab.home)))
    #expect(address == Lab.address(1))
  }

  @Test("a direct answer gives the round trip and ends the probe")
  func roundTrip() throws {
    var lab = Lab(others: 1)
    let (ping, _) = try lab.passUntilPing()
    lab.pass(.milliseconds(30))
    lab.hear(.ack(Ack(sequence: ping.sequence)), from: 1)
    #expect(lab.swim.member(named: "n1")?.roundTrip == .milliseconds(30))
    #expect(lab.pass(.milliseconds(900)).effects.allSatisfy { if case .openStreamPing = $0 { false } else { true } })
    #expect(lab.state("n1") == .alive)
  }

  @Test("one late answer moves the round trip by an eighth only")
  func smoothRoundTrip() throws {
    var lab = Lab(others: 1)
    for (delay, shown) in [(8, 8.0), (88, 18), (18, 18)] {
      let (ping, _) = try lab.passUntilPing()
      lab.pass(.milliseconds(delay))
      lab.hear(.ack(Ack(sequence: ping.sequence)), from: 1)
      #expect(lab.swim.member(named: "n1")?.roundTrip == .milliseconds(shown))
    }
  }

  @Test("without an answer others are asked with the same number, and a stream is tried")
  func indirect() throws {
    var lab = Lab(others: 5)
    lab.hear(.alive(Lab.alive(6, versions: Versions(1, 3, 2, 0, 0, 0))))
    let (ping, address) = try lab.passUntilPing()
    let effects = lab.pass(.milliseconds(500)).effects
    let requests = effects.messages.compactMap { if case .indirectPing(let request) = $0 { request } else { nil } }
    #expect(requests.count == 3)
    #expect(requests.allSatisfy { $0.sequence == ping.sequence && $0.node == ping.node && $0.target == address })
    for (messages, to) in effects.sent {
      guard case .indirectPing(let request) = messages[0] else { continue }
      #expect(to != address)
      #expect(request.wantsNack == (to != Lab.address(6)))
    }
    let streams = effects.compactMap { if case .openStreamPing(_, let to, let ping) = $0 { (to, ping) } else { nil } }
    #expect(streams.count == 1)
    #expect(streams.first?.0 == address)
    #expect(streams.first?.1 == ping)
  }

  @Test("a member whose protocol is below 3 is not pinged on a stream")
  func noStream() throws {
    var lab = Lab()
    lab.hear(.alive(Lab.alive(1, versions: Versions(1, 2, 2, 0, 0, 0))))
    _ = try lab.passUntilPing()
    #expect(lab.pass(.milliseconds(600)).effects.allSatisfy { if case .openStreamPing = $0 { false } else { true } })
  }

  @Test("a relayed answer counts until the interval's end, and drops the stream")
  func relayedAnswer() throws {
    var lab = Lab(others: 3)
    let (ping, _) = try lab.passUntilPing()
    lab.pass(.milliseconds(990))
    let effects = lab.hear(.ack(Ack(sequence: ping.sequence)), from: 8)
    #expect(effects.contains { if case .abandon = $0 { true } else { false } })
    lab.pass(.milliseconds(5))
    #expect(lab.state(ping.node) == .alive)
    #expect(lab.swim.member(named: ping.node)?.roundTrip == nil)
  }

  @Test("no answer within the interval makes a suspect")
  func suspicion() throws {
    var lab = Lab(others: 3)
    let (ping, _) = try lab.passUntilPing()
    let happened = lab.pass(.seconds(1))
    #expect(lab.state(ping.node) == .suspect)
    #expect(lab.swim.member(named: ping.node)?.suspectedBy == ["me"])
    let accusation = Message.suspect(Lab.accusation(ping.node, by: "me"))
    let word = happened.effects.sent.first { $0.messages == [accusation] }
    #expect(word?.to == lab.swim.member(named: ping.node)?.address, "the accused is told at once")
    #expect(happened.last { if case .event(.suspected) = $0.effect { true } else { false } }?.after == .seconds(1))
  }

  @Test("an answer on the stream alone saves the member, and is told once")
  func streamAnswer() throws {
    var lab = Lab(others: 1)
    var told = 0
    for _ in 0..<50 {
      let effects = lab.pass(.milliseconds(100)).effects
      for case .openStreamPing(let exchange, _, let ping) in effects {
        lab(.streamPingAnswered(exchange, Ack(sequence: ping.sequence)))
      }
      told += effects.events.count { if case .unreachableByDatagram = $0 { true } else { false } }
      #expect(lab.state("n1") == .alive)
    }
    #expect(told == 1)
    #expect(lab.swim.awareness == 0)
  }

  @Test("an answer on the stream with another number does not count")
  func wrongStreamAnswer() throws {
    var lab = Lab(others: 1)
    let (ping, _) = try lab.passUntilPing()
    let opened = lab.pass(.milliseconds(500)).effects
    let exchange = try #require(
      opened.compactMap { if case .openStreamPing(let exchange, _, _) = $0 { exchange } else { nil } }.first)
    #expect(lab(.streamPingAnswered(exchange, Ack(sequence: ping.sequence + 1))).ignored == [.unknownSequence])
    lab.pass(.milliseconds(500))
    #expect(lab.state("n1") == .suspect)
  }

  @Test("a suspect is told of its suspicion with the ping, and of nothing else")
  func suspectIsTold() throws {
    var lab = Lab(others: 1)
    lab.hear(.suspect(Lab.accusation("n1", by: "n2")))
    let sent = try lab.pass { effect -> [Message]? in
      guard case .send(let messages, _) = effect, case .ping = messages[0] else { return nil }
      return messages
    }.found
    #expect(sent.count == 2)
    #expect(sent.last == .suspect(Lab.accusation("n1", by: "me")))
  }

  @Test("a member that refuted during its probe is not accused")
  func refutedMeanwhile() throws {
    var lab = Lab(others: 1)
    _ = try lab.passUntilPing()
    lab.pass(.milliseconds(800))
    lab.hear(.alive(Lab.alive(1, 2)))
    let effects = lab.pass(.milliseconds(200)).effects
    #expect(effects.ignored.contains(.oldIncarnation))
    #expect(lab.state("n1") == .alive)
  }

  @Test("where a ping cannot even be sent, others are asked and a stream is tried at once; without an answer: suspect")
  func unsent() throws {
    var lab = Lab(others: 3)
    let (ping, address) = try lab.passUntilPing()
    let effects = lab(.datagramUnsent(to: address))
    #expect(
      effects.messages.count { if case .indirectPing(let request) = $0 { request.target == address } else { false } }
        == 2)
    #expect(effects.contains { if case .openStreamPing(_, address, ping) = $0 { true } else { false } })
    // The time-out that passes meanwhile asks nobody again, nor does a request to a relay that fails as well.
    #expect(lab(.datagramUnsent(to: address)).ignored == [.nothingToDo])
    let asked = lab.pass(.milliseconds(999)).effects.messages
    #expect(asked.allSatisfy { if case .indirectPing = $0 { false } else { true } })
    lab.pass(.milliseconds(1))
    #expect(lab.state(ping.node) == .suspect)
  }

  @Test("a member that only others can send to stays alive")
  func unsentButRelayed() throws {
    var lab = Lab(others: 3)
    let (ping, address) = try lab.passUntilPing()
    lab(.datagramUnsent(to: address))
    lab.hear(.ack(Ack(sequence: ping.sequence)), from: 2)
    lab.pass(.milliseconds(999))
    #expect(lab.state(ping.node) == .alive)
  }

  @Test("an answer that nobody waits for is ignored")
  func strangeAnswers() {
    var lab = Lab(others: 1)
    #expect(
      lab.hear(.ack(Ack(sequence: 77)), .nack(Nack(sequence: 77))).ignored == [.unknownSequence, .unknownSequence])
  }
}
