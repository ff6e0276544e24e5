/// A JSON number in its one normal form: digits without zeros at either end, times a power of ten. Two numbers have the
/// same value exactly when their normal forms are the same; zero has no digits and no sign.
struct Decimal: Equatable {
  private var negative: Bool
  /// Values 0 to 9.
  private var digits: [UInt8] = []
  private var exponent = 0

  /// Takes a checked number.
  init(_ span: Span<UInt8>) {
    negative = span[0] == ASCII.minus
    var seenDot = false
    var place = negative ? 1 : 0
    while place < span.count, span[place] | 0x20 != UInt8(ascii: "e") {
      if span[place] == ASCII.dot {
        seenDot = true
      } else {
        let digit = span[place] &- ASCII.zero
        if !digits.isEmpty || digit != 0 { digits.append(digit) }
        if seenDot { exponent -= 1 }
      }
      place += 1
    }
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    if digits.isEmpty {
      (negative, exponent) = (false, 0)
    } else if place < span.count {
      exponent += Self.exponent(span, from: place + 1)
    }
  }

  /// Saturates at 2 * 10^17, where digits alone can no longer bring a number back.
  private static func exponent(_ span: Span<UInt8>, from start: Int) -> Int {
    var value = 0
    for place in start..<span.count where ASCII.isDigit(span[place]) {
      value = min(value * 10 + Int(span[place] &- ASCII.zero), Int.max / 40)
    }
    return span[start] == ASCII.minus ? -value : value
  }

  func integer<Integer: FixedWidthInteger>() -> Integer? {
    // Ten to the power of Integer.bitWidth overflows every Integer.
    guard exponent >= 0, exponent <= Integer.bitWidth, !negative || Integer.isSigned else { return nil }
    var value: Integer = 0
    for step in 0..<digits.count + exponent {
      let digit = Integer(truncatingIfNeeded: step < digits.count ? digits[step] : 0)
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowed) =
        negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflow || overflowed { return nil }
      value = sum
    }
    return value
  }
}
