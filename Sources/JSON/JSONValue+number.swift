extension JSONValue {
  /// The number as an Int; nil when it is no whole number or does not fit. `3`, `3.0` and `3e0` are the same number.
  package var int: Int? { integer(as: Int.self) }

  package func integer<Integer: FixedWidthInteger>(as type: Integer.Type) -> Integer? {
    guard kind == .number else { return nil }
    return Self.plainInteger(bytes.span) ?? Decimal(bytes.span).integer()
  }

  /// The nearest double; nil for what is no number or lies beyond the doubles, such as `1e400`, whose bytes are kept.
  package var double: Double? {
    guard kind == .number else { return nil }
    if let exact = Self.exactDouble(bytes.span) { return exact }
    // The standard library's conversion rounds correctly and takes every form that the grammar allows.
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  private static func plainInteger<Integer: FixedWidthInteger>(_ span: Span<UInt8>) -> Integer? {
    let negative = span[0] == ASCII.minus
    guard !negative || Integer.isSigned else { return nil }
    var value: Integer = 0
    for place in (negative ? 1 : 0)..<span.count {
      guard ASCII.isDigit(span[place]) else { return nil }
      let digit = Integer(truncatingIfNeeded: span[place] &- ASCII.zero)
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowed) =
        negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflow || overflowed { return nil }
      value = sum
    }
    return value
  }

  /// Clinger's fast path: up to 2^53 times or over a power of ten that a double holds exactly is rounded once, hence
  /// right. Nil when the number is not of that shape.
  private static func exactDouble(_ span: Span<UInt8>) -> Double? {
    var mantissa: UInt64 = 0
    var (digits, fraction) = (0, 0)
    var seenDot = false
    for place in (span[0] == ASCII.minus ? 1 : 0)..<span.count {
      let byte = span[place]
      if byte == ASCII.dot {
        seenDot = true
        continue
      }
      guard ASCII.isDigit(byte), digits < 19 else { return nil }
      mantissa = mantissa &* 10 &+ UInt64(byte &- ASCII.zero)
      digits += 1
      if seenDot { fraction += 1 }
    }
    guard mantissa <= 1 << 53, fraction < powersOfTen.count else { return nil }
    let value = Double(mantissa) / powersOfTen[fraction]
    return span[0] == ASCII.minus ? -value : value
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  ]
}
