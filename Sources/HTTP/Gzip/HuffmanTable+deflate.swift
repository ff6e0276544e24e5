/// The alphabets of DEFLATE: RFC 1951, section 3.2.5.
extension HuffmanTable {
  static let literalRootBits = 11
  static let distanceRootBits = 8
  static let lengthRootBits = 7
  /// The symbols that may have codes in a block; two more of each have one in the fixed code, and mean nothing.
  static let literalCount = 286
  static let distanceCount = 30

  static func literals(_ lengths: ArraySlice<UInt8>) throws(InflateFlaw) -> HuffmanTable {
    try HuffmanTable(lengths, literalSymbols, rootBits: literalRootBits)
  }

  static func distances(_ lengths: ArraySlice<UInt8>) throws(InflateFlaw) -> HuffmanTable {
    try HuffmanTable(lengths, distanceSymbols, rootBits: distanceRootBits)
  }

  /// Of the code in which a block's code lengths are written.
  static func codeLengths(_ lengths: ArraySlice<UInt8>) throws(InflateFlaw) -> HuffmanTable {
    try HuffmanTable(lengths, (0..<19).map { literal | $0 << 16 }, rootBits: lengthRootBits)
  }

  /// The codes of a block with fixed ones: section 3.2.6.
  static let fixed: (literals: HuffmanTable, distances: HuffmanTable) = {
    let lengths: [UInt8] =
      Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24)
      + Array(repeating: 8, count: 8)
    do {
      return (try literals(lengths[...]), try distances(Array(repeating: 5, count: 32)[...]))
    } catch {
      preconditionFailure("the fixed codes are no prefix codes")
    }
  }()

  private static let literalSymbols: [UInt32] =
    (0..<256).map { literal | $0 << 16 } + [exception | endOfBlock] + ranges(from: 3, extraBits: lengthExtraBits)
    + [258 << 16, nothing, nothing]

  private static let distanceSymbols: [UInt32] =
    ranges(from: 1, extraBits: (0..<30).map { $0 < 4 ? 0 : $0 / 2 - 1 }) + [nothing, nothing]

  /// Of all lengths but the last, which stands for 258 alone.
  private static let lengthExtraBits: [UInt32] = (0..<28).map { $0 < 8 ? 0 : $0 / 4 - 1 }

  /// Ranges one behind the other, each as large as its extra bits can tell.
  private static func ranges(from first: UInt32, extraBits: [UInt32]) -> [UInt32] {
    var base = first
    return extraBits.map { extra in
      defer { base += 1 << extra }
      return base << 16 | extra << 8
    }
  }
}
