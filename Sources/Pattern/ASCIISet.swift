/// A set of ASCII scalars, which are most of every text: one bit for each.
struct ASCIISet: Sendable {
  /// Scalars 0 to 63, and 64 to 127.
  private(set) var words: (low: UInt64, high: UInt64) = (0, 0)

  init(_ classes: ClassBits) {
    guard !classes.isEmpty else { return }
    for scalar: UInt32 in 0..<0x80 where !classes.isDisjoint(with: ClassBits(of: scalar)) { insert(scalar...scalar) }
  }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    words.low |= Self.bits(from: Int(range.lowerBound), through: Int(range.upperBound))
    words.high |= Self.bits(from: Int(range.lowerBound) - 64, through: Int(range.upperBound) - 64)
  }

  /// Every letter beside the same one in its other case.
  mutating func insertOtherCases() {
    let capitals = Self.bits(from: 1, through: 26)
    words.high |= (words.high & capitals) << 32 | (words.high & capitals << 32) >> 32
  }

  mutating func invert() { words = (~words.low, ~words.high) }

  /// For scalars below 128.
  @inline(__always)
  func contains(_ scalar: UInt32) -> Bool {
    (scalar < 64 ? words.low : words.high) >> UInt64(scalar & 63) & 1 == 1
  }

  /// Of a word the bits in this range, as far as they lie in it.
  private static func bits(from first: Int, through last: Int) -> UInt64 {
    guard first < 64, last >= 0 else { return 0 }
    return (UInt64.max << UInt64(max(0, first))) & (UInt64.max >> UInt64(63 - min(63, last)))
  }
}
