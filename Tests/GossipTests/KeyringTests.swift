import Swim
import Testing

@testable import Gossip

@Suite("Keyring") struct KeyringTests {
  struct Vector: CustomTestStringConvertible {
    let testDescription: String
    let isStream: Bool
    let key: GossipKey
    let associated: [UInt8]
    let sealed: [UInt8]
    let plain: [UInt8]
  }

  @Test("what real members encrypted opens, and sealing it again gives their bytes", arguments: EncryptedVectors.all)
  func vectors(_ vector: Vector) throws {
    let keyring = try #require(Keyring(keys: [vector.key]))
    let framing = vector.isStream ? 5 : 0
    let associated = vector.sealed.prefix(framing) + vector.associated
    let sealed = vector.sealed.dropFirst(framing)
    #expect(try keyring.open(Array(sealed), associated: Array(associated)) == vector.plain)
    let version = try #require(sealed.first)
    let nonce = Array(sealed.dropFirst().prefix(12))
    let again = keyring.seal(vector.plain, version: version, nonce: nonce, associated: Array(associated))
    #expect(again == Array(sealed))
  }

  @Test("the first key encrypts, every key is tried, a stranger's is refused")
  func rotation() throws {
    let (old, new) = (GossipKey.generate(), GossipKey.generate())
    let before = try #require(Keyring(keys: [old]))
    let during = try #require(Keyring(keys: [new, old]))
    let stranger = try #require(Keyring(keys: [.generate()]))
    let message = Array("hello".utf8)
    #expect(try during.open(before.seal(message)) == message)
    #expect(throws: CipherError.noKeyFits) { try before.open(during.seal(message)) }
    #expect(throws: CipherError.noKeyFits) { try stranger.open(before.seal(message)) }
    #expect(try before.open(before.seal([])) == [])
  }

  @Test("a changed byte, other associated data, a short part, an unknown version and bad padding are all refused")
  func refusals() throws {
    let keyring = try #require(Keyring(keys: [.generate()]))
    let sealed = keyring.seal([1, 2, 3], associated: [9])
    for place in sealed.indices.dropFirst() {
      var changed = sealed
      changed[place] ^= 1
      #expect(throws: CipherError.noKeyFits) { try keyring.open(changed, associated: [9]) }
    }
    #expect(throws: CipherError.noKeyFits) { try keyring.open(sealed, associated: [8]) }
    #expect(throws: CipherError.badFrame(.truncated)) { try keyring.open(Array(sealed.prefix(28)), associated: [9]) }
    #expect(throws: CipherError.badFrame(.empty)) { try keyring.open([]) }
    #expect(throws: CipherError.badFrame(.unknownEncryptionVersion(2))) {
      try keyring.open([2] + sealed.dropFirst(), associated: [9])
    }
    // Sealed as version 1, read as version 0: the last byte is no padding.
    #expect(throws: CipherError.badFrame(.badPadding)) { try keyring.open([0] + sealed.dropFirst(), associated: [9]) }
    let empty = keyring.seal([])
    #expect(throws: CipherError.badFrame(.badPadding)) { try keyring.open([0] + empty.dropFirst()) }
  }

  @Test("base64 round-trips, and what is not quite base64 is refused")
  func base64() {
    for count in 0..<40 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
    #expect(Base64.encode(Array("any carnal pleas".utf8)) == "YW55IGNhcm5hbCBwbGVhcw==")
    for text in ["A", "AA", "AAA", "A===", "AA=A", "AB==", "AAAA=AAA", "AA-_", "AA==AAAA"] {
      #expect(Base64.decode(text) == nil, "\(text)")
    }
    #expect(GossipKey(base64: "AAAA") == nil)
  }
}
