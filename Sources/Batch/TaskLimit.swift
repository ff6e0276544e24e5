/// Politeness towards whatever a key stands for: bounds for all tasks with the key in the whole cluster.
package struct TaskLimit: Hashable, Sendable {
  /// Starts a second; nil is unbounded.
  package var ratePerSecond: Double?
  /// Attempts under way at once; nil is unbounded.
  package var concurrency: Int?

  package init(ratePerSecond: Double? = nil, concurrency: Int? = nil) {
    self.ratePerSecond = ratePerSecond
    self.concurrency = concurrency
  }
}

/// A key as the scheduler knows it: 64 bits of its text. Two keys that collide would share a limit and a home, no more.
package struct TaskKey: Hashable, Sendable {
  package let hash: UInt64

  /// One that was kept.
  init(hash: UInt64) { self.hash = hash }

  /// FNV-1a over the bytes, then the SplitMix64 finalizer, so that near keys end far apart.
  package init(_ text: some Sequence<UInt8>) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    self.hash = Self.mix(hash)
  }

  /// The rank of a node for this key: the highest is the key's home.
  /// Thaler, Ravishankar: "A name-based mapping scheme for rendezvous" (1996).
  func rank(ofNodeWithSeed seed: UInt64) -> UInt64 { Self.mix(hash ^ seed) }

  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
