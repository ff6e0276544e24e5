/// Numbers as JSON writes them, without a String in between.
enum DecimalText {
  static func append(_ value: Int, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(ASCII.minus) }
    append(digitsOf: UInt64(value.magnitude), to: &bytes)
  }

  /// - Returns: false, and nothing is appended, for a number that is not whole in millionths or too large for that: of
  ///   those, only a search finds the shortest text.
  static func append(_ value: Double, to bytes: inout [UInt8]) -> Bool {
    guard abs(value) < 1e9, value != 0 || value.sign == .plus else { return false }
    // A text of up to fifteen digits is the only one of its length for its double: if the double is the nearest one to
    // these millionths, these are its digits.
    let scaled = (abs(value) * 1e6).rounded()
    guard scaled / 1e6 == abs(value) else { return false }
    let millionths = UInt64(scaled)
    if value < 0 { bytes.append(ASCII.minus) }
    append(digitsOf: millionths / 1_000_000, to: &bytes)
    var rest = millionths % 1_000_000
    guard rest > 0 else { return true }
    bytes.append(ASCII.dot)
    var unit: UInt64 = 100_000
    while rest > 0 {
      bytes.append(ASCII.zero + UInt8(truncatingIfNeeded: rest / unit))
      rest %= unit
      unit /= 10
    }
    return true
  }

  private static func append(digitsOf value: UInt64, to bytes: inout [UInt8]) {
    guard value >= 10 else { return bytes.append(ASCII.zero + UInt8(truncatingIfNeeded: value)) }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var place = digits.count
      var rest = value
      while rest > 0 {
        place -= 1
        digits[place] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[place...]))
    }
  }
}
