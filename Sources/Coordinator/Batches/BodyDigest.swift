import Batch

/// 128 bits of a body as it streams by: tells two submissions under one key apart. Not against an attacker, who could
/// only hide his own mistake.
struct BodyDigest: Equatable {
  private(set) var kept = BatchManifest.Digest(first: 0xcbf2_9ce4_8422_2325, second: 0x9ae1_6a3b_2f90_404f, count: 0)

  mutating func take(_ bytes: some Sequence<UInt8>) {
    var (first, second, count) = (kept.first, kept.second, kept.count)
    for byte in bytes {
      first = (first ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
      second = (second &+ UInt64(byte) &+ 1) &* 0x9fb2_1c65_1e98_df25
      second ^= second >> 29
      count += 1
    }
    kept = BatchManifest.Digest(first: first, second: second, count: count)
  }
}
