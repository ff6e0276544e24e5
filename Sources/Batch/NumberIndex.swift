/// Finds numbers by the hash of what they stand for, in open addressing with linear probing: at most 11 bytes a
/// number, where a dictionary would keep every key a second time.
struct NumberIndex: Sendable {
  private static let empty = UInt32.max

  /// A power of two, at most three quarters full.
  private var places: [UInt32] = []
  private var count = 0

  /// The number with this hash that `matches`.
  func number(hash: UInt64, where matches: (UInt32) -> Bool) -> UInt32? {
    guard !places.isEmpty else { return nil }
    var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
    while places[place] != Self.empty {
      if matches(places[place]) { return places[place] }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  /// Adds a number that is not there yet. `hashOf` gives the hash of those that are, when they must move.
  mutating func insert(_ number: UInt32, hash: UInt64, hashOf: (UInt32) -> UInt64) {
    if count * 4 >= places.count * 3 {
      let old = places
      places = Array(repeating: Self.empty, count: Swift.max(16, old.count * 2))
      for other in old where other != Self.empty { put(other, hashOf(other)) }
    }
    put(number, hash)
    count += 1
  }

  private mutating func put(_ number: UInt32, _ hash: UInt64) {
    var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
    while places[place] != Self.empty { place = (place + 1) & (places.count - 1) }
    places[place] = number
  }
}
