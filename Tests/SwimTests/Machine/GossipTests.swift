import Clockwork
import Swim
import Testing

@Suite("gossip")
struct GossipTests {
  private static func sends(_ happened: [(after: Duration, effect: Swim.Effect)], of name: String) -> Int {
    happened.news(of: name).count
  }

  @Test(
    "news is sent retransmit multiplier times the digits of the cluster's size", arguments: [(1, 4), (9, 8), (99, 12)])
  func transmits(_ others: Int, _ expected: Int) {
    var lab = Lab(others: others)
    lab.hear(.alive(Lab.alive(1, 50)))
    let happened = lab.pass(.seconds(others > 20 ? 10 : 2))
    #expect(happened.effects.messages.count { $0 == .alive(Lab.alive(1, 50)) } == expected)
  }

  @Test("in a small local cluster news is sent as often as there are others")
  func smallCluster() {
    var lab = Lab(.local, others: 5)
    for number in 1...5 { lab.hear(.alive(Lab.alive(number, 2))) }
    lab.pass(.seconds(5))
    lab.hear(.alive(Lab.alive(1, 50)))
    let happened = lab.pass(.seconds(5))
    #expect(Self.sends(happened, of: "n1") == 5)
  }

  @Test("each round goes to up to three different members, not to us")
  func targets() throws {
    var lab = Lab(others: 8)
    let round = lab.pass(.milliseconds(25)).effects.sent
    #expect(round.count == 3)
    #expect(Set(round.map(\.to)).count == 3)
    #expect(!round.map(\.to).contains(Lab.home))
  }

  @Test("pings, answers and their like carry news")
  func piggyback() {
    var lab = Lab(others: 1)
    let ack = lab.hear(.ping(Lab.ping(9, by: 1))).sent.first?.messages
    #expect(ack?.first == .ack(Ack(sequence: 9)))
    #expect(ack?.contains(.alive(Lab.alive(1))) == true)
  }

  @Test("what strangers are answered carries no news and takes none from the members, however often they ask")
  func strangers() {
    var lab = Lab(others: 3)
    let request = IndirectPing(sequence: 5, target: Lab.address(70), node: "n70", wantsNack: true)
    var sent = lab.hear(.ping(Lab.ping(9, by: 40))).sent
    for round in 0..<100 {
      sent += lab.hear(.ping(Ping(sequence: 9, node: "me"))).sent + lab.hear(.ping(Lab.ping(9, by: 40))).sent
      // The name of a member at another address than the member's.
      sent += lab.hear(.ping(Ping(sequence: 9, node: "me", source: Source(name: "n1", address: Lab.address(40))))).sent
      if round < 10 { sent += lab.hear(.indirectPing(request)).sent }
    }
    #expect(sent.count == 311 && sent.allSatisfy { $0.messages.count == 1 })
    let told = lab.hear(.ping(Lab.ping(9, by: 1))).messages
    for number in 1...3 { #expect(told.contains(.alive(Lab.alive(number)))) }
  }

  @Test("no packet is larger than the limit with its wrapping, or has more than 127 parts")
  func packetSize() {
    var configuration = Swim.Configuration.lan
    configuration.wrappingBytes = EncryptionFrame.overheadBytes
    var lab = Lab(configuration, others: 300)
    lab.hear(.alive(Lab.alive(301, meta: Array(repeating: 1, count: 512))))
    let sent = lab.pass(.seconds(3)).effects.sent + lab.hear(.ping(Lab.ping(9, by: 1))).sent
    let sizes = sent.map { Packet.encode($0.messages).count }
    #expect(sizes.max()! <= 1400 - 29)
    #expect(sizes.max()! > 1200)
    #expect(sent.allSatisfy { $0.messages.count <= 127 })
  }

  @Test("the dead get gossip for a while, so that one that lives can refute; those that left get none")
  func toTheDead() {
    var lab = Lab(others: 2)
    lab.pass(.seconds(10))
    lab = Lab(others: 2)
    lab.hear(.dead(Lab.accusation("n1", by: "x")), .dead(Lab.accusation("n2", by: "n2")))
    let sent = lab.pass(.seconds(2)).effects.sent
    #expect(sent.contains { $0.to == Lab.address(1) && $0.messages.contains(.dead(Lab.accusation("n1", by: "x"))) })
    #expect(!sent.contains { $0.to == Lab.address(2) })
    lab.pass(.seconds(31))
    lab.hear(.alive(Lab.alive(3)))
    let later = lab.pass(.seconds(2)).effects.sent
    #expect(!later.contains { $0.to == Lab.address(1) })
  }

  @Test("with no news nothing but probes is sent, and the machine sleeps between")
  func quiet() {
    var lab = Lab(others: 1)
    for _ in 0..<20 {
      for (_, effect) in lab.pass(.seconds(1)) {
        if case .send(let messages, _) = effect, case .ping(let ping) = messages[0] {
          lab.hear(.ack(Ack(sequence: ping.sequence)), from: 1)
        }
      }
    }
    let effects = lab.pass(.milliseconds(1100)).effects
    #expect(effects.sent.count <= 2)
    #expect(effects.messages.allSatisfy { if case .alive = $0 { false } else { true } })
  }
}
