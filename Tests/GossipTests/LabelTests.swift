import HTTP
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("Labels and compression", .timeLimit(.minutes(2))) struct LabelTests {
  private static let ping = Message.ping(Ping(sequence: 7, node: "n"))

  @Test("members of one label meet, whether each of them compresses or not, in the clear and encrypted")
  func meet() async throws {
    let file = try KeyFile([.generate()])
    for keyFile in [nil, file.path] {
      var options = Party.options("a", keyFile: keyFile)
      options.gossipLabel = "blue"
      let first = try await Party.start(options)
      options.name = "b"
      options.join = [first.gossip]
      options.compressesGossip = true
      let second = try await Party.start(options)
      for party in [first, second] { try await party.sees("a", "b") }
      await second.leave()
      try await first.waits("b has left") { $0.contains { $0.name == "b" && $0.state == .left } }
      await first.kill()
    }
  }

  @Test("a member of another label, or of none, is not let in, and the operator is told why")
  func apart() async throws {
    for labels in [("blue", "green"), ("blue", ""), ("", "green")] {
      var options = Party.options("a")
      options.gossipLabel = labels.0
      let first = try await Party.start(options)
      options.name = "b"
      options.gossipLabel = labels.1
      options.join = [first.gossip]
      let second = try await Party.start(options)
      try await first.waits("a stream of the other label is dropped") { _ in
        first.membership.garbageCounts["label"] ?? 0 > 0
      }
      #expect(first.lines.text.contains("--gossip-label"))
      for party in [first, second] {
        #expect(await party.members().count == 1)
        await party.kill()
      }
    }
  }

  @Test("a datagram opens with its own label and key only, and a label that was put on later does not count")
  func datagrams() throws {
    let ring = Keyring(keys: [.generate()])
    let blue = Array("blue".utf8)
    for keyring in [nil, ring] {
      let inside = Envelope(keyring: keyring, label: blue)
      let bytes = inside.datagram([Self.ping])
      #expect(Packet.decode(try inside.open(datagram: bytes)).messages == [Self.ping])
      for label in [[], Array("green".utf8)] {
        #expect(throws: EnvelopeError.self) { try Envelope(keyring: keyring, label: label).open(datagram: bytes) }
      }
      let bare = Envelope(keyring: keyring).datagram([Self.ping])
      #expect(throws: EnvelopeError.self) { try inside.open(datagram: bare) }
    }
    let relabelled = LabelHeader.encode(blue) + Envelope(keyring: ring).datagram([Self.ping])
    #expect(throws: EnvelopeError.sealed(.noKeyFits)) {
      try Envelope(keyring: ring, label: blue).open(datagram: relabelled)
    }
    #expect(throws: EnvelopeError.malformed(WireError(.badLabel, at: 1))) {
      try Envelope(label: blue).open(datagram: [0xf4, 0, 1])
    }
  }

  @Test("the largest packet fits the protocol's bound with the longest label and a key")
  func budget() {
    let label = [UInt8](repeating: 65, count: 255)
    let overhead = Envelope.overheadBytes(isEncrypted: true, label: label)
    let figures = ClusterOptions.Profile.lan.figures(wrappingBytes: overhead)
    #expect(figures.isSane)
    let message = Message.user([UInt8](repeating: 1, count: figures.payloadBytes - 1))
    let datagram = Envelope(keyring: Keyring(keys: [.generate()]), label: label).datagram([message])
    #expect(datagram.count == figures.packetBytes)
  }
}
