/// Bits of the input that were read and not yet used, the next one lowest: RFC 1951, section 3.1.1.
struct BitQueue {
  var bits: UInt64 = 0
  /// How many of them are the input's, at most 63; those above are zero.
  var count = 0

  /// Reads whole bytes until there are 56 bits or more.
  mutating func fill(_ input: Span<UInt8>, _ place: inout Int) {
    while count < 56, place < input.count {
      bits |= UInt64(input[place]) << UInt64(count)
      count += 8
      place += 1
    }
  }

  /// The next bits, at most 32; nil when the input ends before, and then nothing is used.
  mutating func take(_ wanted: Int, _ input: Span<UInt8>, _ place: inout Int) -> Int? {
    if count < wanted { fill(input, &place) }
    guard count >= wanted else { return nil }
    let value = Int(bits & (1 << UInt64(wanted) - 1))
    drop(wanted)
    return value
  }

  mutating func drop(_ used: Int) {
    bits >>= UInt64(used)
    count -= used
  }

  /// Goes to the next whole byte.
  mutating func align() { drop(count & 7) }
}
