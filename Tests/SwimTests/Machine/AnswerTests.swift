import Clockwork
import Swim
import Testing

@Suite("answering and relaying pings")
struct AnswerTests {
  @Test("a ping is answered where its source says, else where it came from")
  func answerAddress() {
    var lab = Lab(others: 1)
    lab.pass(.seconds(5))
    let named = Ping(sequence: 5, node: "me", source: Source(name: "x", address: Lab.address(44)))
    #expect(lab.hear(.ping(named)).sent.first?.to == Lab.address(44))
    let plain = lab.hear(.ping(Ping(sequence: 6, node: "")), from: 9).sent
    #expect(plain.first?.to == Lab.address(9))
    #expect(plain.first?.messages.first == .ack(Ack(sequence: 6)))
  }

  @Test("a ping for another name is not answered")
  func otherName() {
    var lab = Lab(others: 1)
    #expect(lab.hear(.ping(Ping(sequence: 5, node: "old-me"))) == [.ignored(.pingForAnother)])
    let exchange = Swim.IncomingExchange(number: 4)
    let effects = lab(.streamPingReceived(Ping(sequence: 5, node: "old-me"), exchange: exchange))
    #expect(effects == [.ignored(.pingForAnother), .close(exchange)])
  }

  @Test("a ping on a stream is answered on it with its number")
  func streamPing() {
    var lab = Lab()
    let exchange = Swim.IncomingExchange(number: 4)
    #expect(
      lab(.streamPingReceived(Ping(sequence: 5, node: "me"), exchange: exchange))
        == [.reply(exchange, .ack(Ack(sequence: 5)))])
  }

  private static let request = IndirectPing(
    sequence: 900, target: Lab.address(7), node: "n7", wantsNack: true,
    source: Source(name: "n1", address: Lab.address(1)))

  /// The relayed ping's own number.
  private func ask(_ lab: inout Lab, _ request: IndirectPing = request) throws -> UInt32 {
    let sent = try #require(lab.hear(.indirectPing(request)).sent.first)
    guard case .ping(let ping) = sent.messages[0] else { throw Unexpected() }
    #expect(sent.to == Lab.address(7))
    #expect(ping.node == "n7")
    #expect(ping.source?.name == "me")
    return ping.sequence
  }

  private struct Unexpected: Error {}

  @Test("a relayed ping has a number of its own, its answer the requester's and no payload")
  func relay() throws {
    var lab = Lab()
    let sequence = try ask(&lab)
    let effects = lab.hear(.ack(Ack(sequence: sequence, payload: [1, 2])), from: 7)
    #expect(effects.sent.first?.to == Lab.address(1))
    #expect(effects.messages.first == .ack(Ack(sequence: 900)))
  }

  /// The requester's interval ends at twice the time-out after its own ping, one time-out after its request: a nack at
  /// the time-out itself would come a round trip too late for it.
  @Test("silence is reported before the probe time-out, and an answer is relayed until then")
  func nack() throws {
    var lab = Lab()
    let sequence = try ask(&lab)
    let happened = lab.pass(.milliseconds(499)).filter {
      if case .send(let messages, _) = $0.effect { messages[0] == .nack(Nack(sequence: 900)) } else { false }
    }
    #expect(happened.map(\.after) == [.milliseconds(400)])
    #expect(lab.hear(.ack(Ack(sequence: sequence)), from: 7).messages.first == .ack(Ack(sequence: 900)))
    let next = try ask(&lab)
    #expect(lab.pass(.seconds(1)).effects.messages.count { $0 == .nack(Nack(sequence: 900)) } == 1)
    #expect(lab.hear(.ack(Ack(sequence: next)), from: 7).ignored == [.unknownSequence])
  }

  @Test("no nack where none was wanted; the answer goes to the packet's source where none was named")
  func bareRequest() throws {
    var lab = Lab()
    var request = Self.request
    (request.wantsNack, request.source) = (false, nil)
    let sequence = try ask(&lab, request)
    #expect(lab.hear(.ack(Ack(sequence: sequence)), from: 7).sent.first?.to == Lab.address(9))
    _ = try ask(&lab, request)
    #expect(lab.pass(.seconds(1)).effects.messages.allSatisfy { $0 != .nack(Nack(sequence: 900)) })
  }

  @Test("port 0 of a target stands for the port listened on here")
  func ownPort() throws {
    var lab = Lab()
    var request = Self.request
    request.target = Lab.address(7).with(port: 0)
    _ = try ask(&lab, request)
  }

  @Test("relays have a limit")
  func relayLimit() {
    var lab = Lab(others: 1)
    var stranger = Self.request
    stranger.source = Source(name: "n1", address: Lab.address(50))
    // Strangers have a share, and it is not the members'.
    for _ in 0..<Swim.Limits.relaysForStrangers { #expect(lab.hear(.indirectPing(stranger)).ignored.isEmpty) }
    #expect(lab.hear(.indirectPing(stranger)) == [.ignored(.tooManyRelays)])
    let rest = Swim.Limits.relays - Swim.Limits.relaysForStrangers
    for _ in 0..<rest { #expect(lab.hear(.indirectPing(Self.request)).ignored.isEmpty) }
    #expect(lab.hear(.indirectPing(Self.request)) == [.ignored(.tooManyRelays)])
    lab.pass(.milliseconds(600))
    #expect(lab.hear(.indirectPing(Self.request)).ignored.isEmpty)
  }
}
