import Swim
import Testing

@Suite("memberlist's own bytes")
struct VectorTests {
  @Test(
    "every datagram that needs no key decodes to what the index says",
    arguments: Vector.readable.filter { !$0.isStream })
  func datagram(_ vector: Vector) throws {
    let (label, rest) = try LabelHeader.split(vector.bytes[...])
    #expect(String(decoding: label, as: UTF8.self) == vector.label)
    let contents = Packet.decode(Array(rest))
    #expect(contents.faults == [])
    #expect(contents.messages.map(\.json) == vector.messages)
  }

  @Test(
    "every stream that needs no key decodes to what the index says", arguments: Vector.readable.filter { $0.isStream })
  func stream(_ vector: Vector) throws {
    let isReply = vector.label.hasSuffix("-reply")
    var decoder = StreamDecoder(readsLabel: !isReply)
    decoder.append(vector.bytes)
    var event = try decoder.next()
    if !vector.label.isEmpty, !isReply {
      #expect(event == .label(Array(vector.label.utf8)))
      event = try decoder.next()
    }
    guard case .message(let message) = event else {
      Issue.record("no message but \(String(describing: event))")
      return
    }
    #expect([message.json] == vector.messages)
    #expect(try decoder.next() == nil)
  }

  @Test(
    "a stream decodes the same when its bytes come one by one",
    arguments: Vector.readable.filter { $0.isStream && $0.bytes.count < 2000 })
  func bytewise(_ vector: Vector) throws {
    var decoder = StreamDecoder(readsLabel: !vector.label.hasSuffix("-reply"))
    var found: [String] = []
    for byte in vector.bytes {
      #expect(found.isEmpty, "the message was whole before its last byte")
      decoder.append([byte])
      while let event = try decoder.next() { if case .message(let message) = event { found.append(message.json) } }
    }
    #expect(found == vector.messages)
  }

  @Test(
    "a plain message encodes to the very bytes of memberlist",
    arguments: Vector.readable.filter { $0.file.hasPrefix("golden") })
  func encoding(_ vector: Vector) throws {
    if vector.isStream {
      var decoder = StreamDecoder(readsLabel: false)
      decoder.append(vector.bytes)
      guard [0, 2, 6, 8, 13].contains(vector.bytes[0]), case .message(let message) = try decoder.next() else { return }
      #expect(message.encoded == vector.bytes)
    } else if ![9, 12, 244].contains(vector.bytes[0]) {
      let messages = Packet.decode(vector.bytes).messages
      guard messages.count <= Swim.Limits.compoundParts else { return }
      #expect(Packet.encode(messages) == vector.bytes)
    }
  }

  @Test(
    "an encrypted stream is handed out as its header and its frame",
    arguments: Vector.all.filter { $0.isEncrypted && $0.isStream })
  func encrypted(_ vector: Vector) throws {
    let label = vector.label.hasSuffix("-reply") ? "" : vector.label
    var decoder = StreamDecoder(readsLabel: true)
    decoder.append(vector.bytes)
    if !label.isEmpty { #expect(try decoder.next() == .label(Array(label.utf8))) }
    let body = vector.bytes.dropFirst(LabelHeader.byteCount(of: Array(label.utf8)))
    #expect(try decoder.next() == .encrypted(header: Array(body.prefix(5)), frame: Array(body.dropFirst(5))))
  }

  @Test("what every encrypted message holds decodes to what the index says", arguments: Vector.opened)
  func opened(_ vector: Vector, _ plain: [UInt8]) throws {
    if vector.isStream {
      #expect([try StreamDecoder.decode(decrypted: plain).message.json] == vector.messages)
    } else {
      let contents = Packet.decode(plain)
      #expect(contents.faults == [])
      #expect(contents.messages.map(\.json) == vector.messages)
    }
  }

  @Test("no vector is left out") func whole() {
    #expect(Vector.all.count == 185 && Vector.opened.count == 61 && Vector.readable.count == 124)
  }
}
