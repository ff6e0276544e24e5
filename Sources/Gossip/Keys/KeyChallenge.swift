import Clockwork
import Swim

/// Makes an order good for one use within a minute: whoever has recorded one cannot give it again, though it stays
/// encrypted with a key that may still be in use.
///
/// A challenge is the time of its making, sealed with a secret of this process: nothing is kept for those that are
/// never used, so that asking for many costs nobody anything. Used ones are kept until they have expired; only orders
/// that prove a gossip key get so far.
struct KeyChallenge {
  /// Made when it is first needed: OpenSSL takes a start's time and memory to begin with.
  private lazy var secret = GossipKey.generate()
  private var used: [[UInt8]: Instant] = [:]

  mutating func make(at now: Instant) -> [UInt8] {
    let time = UInt64(bitPattern: now.nanoseconds)
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: time >> (8 * UInt64($0))) }
    let nonce = GossipKey.random(EncryptionFrame.nonceBytes)
    return nonce + AESGCM.seal(bytes, key: secret.bytes, nonce: nonce[...], associated: [])
  }

  /// False where it is not ours, too old, or used before.
  mutating func use(_ challenge: [UInt8], at now: Instant) -> Bool {
    used = used.filter { now - $0.value <= GossipLimits.challengeLife }
    guard challenge.count > EncryptionFrame.nonceBytes, used[challenge] == nil,
      let bytes = AESGCM.open(
        challenge.dropFirst(EncryptionFrame.nonceBytes), key: secret.bytes,
        nonce: challenge.prefix(EncryptionFrame.nonceBytes), associated: [])
    else { return false }
    let time = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let made = Instant(nanoseconds: Int64(bitPattern: time))
    guard now - made <= GossipLimits.challengeLife else { return false }
    used[challenge] = made
    return true
  }
}
