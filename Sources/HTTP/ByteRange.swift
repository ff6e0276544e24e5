/// A place in a head's bytes in half of a `Range<Int>`'s memory: heads are handed from function to function.
struct ByteRange: Sendable {
  private let start: UInt32
  private let end: UInt32

  /// Traps beyond 4 GiB, which no limit on heads allows.
  init(_ range: Range<Int>) {
    start = UInt32(range.lowerBound)
    end = UInt32(range.upperBound)
  }

  var range: Range<Int> { Int(start)..<Int(end) }
}
