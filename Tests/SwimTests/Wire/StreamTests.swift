import Swim
import Testing

@Suite("streams")
struct StreamTests {
  private func event(_ hex: String, readsLabel: Bool = true) throws -> StreamDecoder.Event? {
    var decoder = StreamDecoder(readsLabel: readsLabel)
    decoder.append([UInt8](hex: hex))
    return try decoder.next()
  }

  @Test(
    "what has no place on a stream is refused at once",
    arguments: [
      ("03", WireError(.misplacedType(3), at: 0)), ("04", WireError(.misplacedType(4), at: 0)),
      ("07", WireError(.misplacedType(7), at: 0)), ("0c", WireError(.misplacedType(12), at: 0)),
      ("63", WireError(.unknownType(0x63), at: 0)),
      ("f400", WireError(.badLabel, at: 1)),
      // Lengths beyond the limits: encrypted, members, user state.
      ("0a7fffffff", WireError(.tooLarge, at: 1)), ("0a00000005", WireError(.badLength, at: 1)),
      ("0681a54e6f646573ce000186a2", WireError(.tooLarge, at: 8)),
      // A member without a name, and one that is no map.
      ("0681a54e6f6465730180", WireError(.nameless, at: 9)),
      ("0681a54e6f64657301a161", WireError(.notAMap, at: 9)),
      ("0681ac5573657253746174654c656ece7fffffff", WireError(.tooLarge, at: 15)),
      ("0881aa557365724d73674c656ece7fffffff", WireError(.tooLarge, at: 13)),
      // A compressed message that is cut off inside.
      ("0981a3427566a4000d0404", WireError(.truncated, at: 1)),
    ])
  func refused(_ hex: String, _ fault: WireError) {
    #expect(throws: fault) { try event(hex) }
  }

  @Test(
    "one odd member of a push-pull is left out and told, in whatever pieces it comes, and the others are read",
    arguments: [
      // {"Name": "b"} with no address, an address of one byte, a vector of five; a name that is not UTF-8; state 9.
      ("81a44e616d65a162", WireError.Code.badLength), ("82a44e616d65a162a441646472a101", .badLength),
      ("83a44e616d65a162a441646472a47f000002a356736ea50102030405", .badLength),
      ("82a44e616d65a1ffa441646472a47f000002", .badText),
      ("83a44e616d65a162a441646472a47f000002a5537461746509", .outOfRange),
      ("83a44e616d65a162a441646472a47f000002a55374617465cd0100", .outOfRange),
    ])
  func odd(_ hex: String, _ code: WireError.Code) throws {
    let good = "82a44e616d65a161a441646472a47f000001"
    let bytes = [UInt8](hex: "0682a54e6f64657303ac5573657253746174654c656e01" + good + hex + good + "07")
    for piece in [1, 7, bytes.count] {
      var decoder = StreamDecoder(readsLabel: true)
      var events: [StreamDecoder.Event] = []
      for start in stride(from: 0, to: bytes.count, by: piece) {
        decoder.append(bytes[start..<min(start + piece, bytes.count)])
        while let event = try decoder.next() { events.append(event) }
      }
      guard events.count == 2, case .skipped(let skipped) = events[0], case .message(.pushPull(let state)) = events[1]
      else {
        Issue.record("\(events)")
        return
      }
      #expect(skipped.count == 1 && skipped.first.code == code)
      #expect(state.states.map(\.name) == ["a", "a"] && state.userState == [7])
    }
    let whole = try StreamDecoder.decode(decrypted: bytes)
    #expect(whole.skipped?.first.code == code)
  }

  @Test("an answer has no label header")
  func answerLabel() {
    #expect(throws: WireError(.misplacedType(0xf4), at: 0)) { try event("f4016100", readsLabel: false) }
  }

  @Test("a push-pull of ten thousand members comes through in small pieces")
  func large() throws {
    let states = (0..<10_000).map { number in
      PushPull.State(
        name: "member-\(number)", address: Swim.Address(version4: UInt32(number), port: 7946), meta: [1, 2, 3],
        incarnation: UInt32(number), state: MemberState(rawValue: UInt8(number % 4))!, versions: .plain)
    }
    let message = StreamMessage.pushPull(PushPull(isJoin: true, states: states, userState: [9, 9]))
    let bytes = message.encoded
    var decoder = StreamDecoder(readsLabel: true)
    var found: StreamDecoder.Event?
    for start in stride(from: 0, to: bytes.count, by: 1400) {
      decoder.append(bytes[start..<min(start + 1400, bytes.count)])
      if let event = try decoder.next() { found = event }
    }
    #expect(found == .message(message))
  }

  @Test("padding after decryption is checked in full")
  func padding() throws {
    let whole = Array<UInt8>(repeating: 16, count: 16)
    #expect(try EncryptionFrame.unpad([1, 2] + whole, version: 1).count == 18)
    #expect(try EncryptionFrame.unpad(whole, version: 0) == [])
    #expect(try EncryptionFrame.unpad(Array(repeating: 7, count: 13) + [3, 3, 3], version: 0).count == 13)
    for bad: [UInt8] in [[], [0], Array(repeating: 0, count: 16), Array(repeating: 17, count: 16), [1, 2, 2, 3], [9]] {
      #expect(throws: WireError(.badPadding, at: bad.count)) { try EncryptionFrame.unpad(bad, version: 0) }
    }
  }

  @Test("a frame is split into its parts, and unknown versions and short frames are refused")
  func frame() throws {
    let bytes = [UInt8](repeating: 1, count: 40)
    let parts = try EncryptionFrame.split(bytes[...])
    #expect(parts.nonce == 1..<13)
    #expect(parts.ciphertext == 13..<24)
    #expect(parts.tag == 24..<40)
    #expect(EncryptionFrame.streamHeader(messageBytes: 11) == [10, 0, 0, 0, 40])
    #expect(throws: WireError(.truncated, at: 28)) { try EncryptionFrame.split(bytes[..<28]) }
    #expect(throws: WireError(.unknownEncryptionVersion(2), at: 0)) { try EncryptionFrame.split([2, 2]) }
  }
}
