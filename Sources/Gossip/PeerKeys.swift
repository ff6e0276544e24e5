import Clockwork
import Swim

/// Which of this member's keys others understand, where that is not the one that it encrypts with: who was away while
/// the cluster's key changed holds an older one first, or alone.
///
/// Known for a minute: then the first key is tried again, since theirs may have been mended.
struct PeerKeys {
  private struct Entry {
    let key: GossipKey
    let noted: Instant
  }

  private var entries: [Swim.Address: Entry] = [:]

  /// The keys to encrypt a stream to that address with, in turn; none in the clear.
  func order(for address: Swim.Address, _ keyring: Keyring?, at now: Instant) -> [GossipKey] {
    guard let keyring else { return [] }
    guard let key = key(of: address, keyring, at: now) else { return keyring.keys }
    return keyring.led(by: key).keys
  }

  /// What a member understood last, if it is another key of ours than the first.
  func key(of address: Swim.Address, _ keyring: Keyring?, at now: Instant) -> GossipKey? {
    guard let entry = entries[address], now - entry.noted < GossipLimits.peerKeyLife, let keyring,
      keyring.keys.dropFirst().contains(entry.key)
    else { return nil }
    return entry.key
  }

  /// - Parameter first: what this member encrypts with.
  mutating func note(_ key: GossipKey, of address: Swim.Address, first: GossipKey, at now: Instant) {
    guard key != first else {
      entries[address] = nil
      return
    }
    if entries.count >= GossipLimits.peerKeys {
      entries = entries.filter { now - $0.value.noted < GossipLimits.peerKeyLife }
      if entries.count >= GossipLimits.peerKeys { return }
    }
    // Used in between, it is not made younger: the first key has to be tried again some time.
    if let known = entries[address], known.key == key, now - known.noted < GossipLimits.peerKeyLife { return }
    entries[address] = Entry(key: key, noted: now)
  }
}
