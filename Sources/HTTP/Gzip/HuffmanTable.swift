/// A prefix code as a table: the next bits of the input are the place of an entry (RFC 1951, section 3.2.2).
///
/// The first `rootBits` bits find a code that is no longer, or a further table for the bits behind them. An entry is a
/// word:
///
///     bits 0-7    how many bits the code has, those of the root included
///     bits 8-11   how many extra bits follow it; of a further table, how many bits find an entry there
///     bits 12-15  what it is
///     bits 16-31  the literal, the length's or the distance's base, the further table's place
struct HuffmanTable: Sendable {
  static let endOfBlock: UInt32 = 1 << 12
  static let furtherTable: UInt32 = 1 << 13
  /// No length and no distance: the end of a block, a further table, or nothing.
  static let exception: UInt32 = 1 << 14
  static let literal: UInt32 = 1 << 15
  /// No code: `exception` alone.
  static let nothing = exception
  /// The longest code.
  static let mostBits = 15

  let entries: [UInt32]

  /// - Parameters:
  ///   - lengths: of each symbol's code, 0 for none.
  ///   - symbols: the entry of each symbol, without its code's length.
  init(_ lengths: ArraySlice<UInt8>, _ symbols: [UInt32], rootBits: Int) throws(InflateFlaw) {
    var counts = [Int](repeating: 0, count: Self.mostBits + 1)
    for length in lengths { counts[Int(length)] += 1 }
    let longest = (1...Self.mostBits).last { counts[$0] > 0 } ?? 0
    try Self.check(counts, longest: longest)
    var builder = Builder(counts: counts, longest: longest, rootBits: rootBits)
    for (length, symbol) in Self.ordered(lengths, counts) { builder.add(symbols[symbol], length: length) }
    entries = builder.entries
  }

  /// A code of one symbol alone may have one bit and leave the other unused, and there may be no code at all.
  private static func check(_ counts: [Int], longest: Int) throws(InflateFlaw) {
    var room = 1
    for length in 1...mostBits {
      room = room << 1 - counts[length]
      guard room >= 0 else { throw .badCode }
    }
    guard room == 0 || longest <= 1 else { throw .badCode }
  }

  /// The symbols that have codes, by the length of these.
  private static func ordered(_ lengths: ArraySlice<UInt8>, _ counts: [Int]) -> [(length: Int, symbol: Int)] {
    var places = [Int](repeating: 0, count: mostBits + 2)
    for length in 1...mostBits { places[length + 1] = places[length] + counts[length] }
    var ordered = [(length: Int, symbol: Int)](repeating: (0, 0), count: places[mostBits + 1])
    for (symbol, length) in lengths.enumerated() where length > 0 {
      ordered[places[Int(length)]] = (Int(length), symbol)
      places[Int(length)] += 1
    }
    return ordered
  }

  /// Fills the table in the order of the codes, which are counted up with their first bit lowest.
  private struct Builder {
    var entries: [UInt32]
    /// Codes of each length that are still to come.
    private var left: [Int]
    private let longest: Int
    private let rootBits: Int
    private var code = 0
    private var further: (prefix: Int, start: Int, bits: Int)?

    init(counts: [Int], longest: Int, rootBits: Int) {
      (left, self.longest, self.rootBits) = (counts, longest, rootBits)
      entries = [UInt32](repeating: HuffmanTable.nothing, count: 1 << rootBits)
    }

    mutating func add(_ symbol: UInt32, length: Int) {
      // A code may be there that means nothing.
      let entry = symbol == HuffmanTable.nothing ? symbol : symbol | UInt32(length)
      if length <= rootBits {
        fill(from: code, below: 1 << rootBits, by: 1 << length, entry)
      } else {
        let (start, bits) = table(for: code & (1 << rootBits - 1), length)
        fill(from: start + code >> rootBits, below: start + 1 << bits, by: 1 << (length - rootBits), entry)
      }
      left[length] -= 1
      countUp(length)
    }

    private mutating func fill(from start: Int, below end: Int, by step: Int, _ entry: UInt32) {
      var place = start
      while place < end {
        entries[place] = entry
        place += step
      }
    }

    private mutating func countUp(_ length: Int) {
      var bit = 1 << (length - 1)
      while code & bit != 0 { bit >>= 1 }
      code = bit == 0 ? 0 : code & (bit - 1) | bit
    }

    /// The table behind the root's entry, large enough for all codes that begin like this one.
    private mutating func table(for prefix: Int, _ length: Int) -> (start: Int, bits: Int) {
      if let further, further.prefix == prefix { return (further.start, further.bits) }
      var bits = length - rootBits
      var room = 1 << bits
      while bits + rootBits < longest {
        room -= left[bits + rootBits]
        if room <= 0 { break }
        bits += 1
        room <<= 1
      }
      let start = entries.count
      entries += repeatElement(HuffmanTable.nothing, count: 1 << bits)
      entries[prefix] =
        HuffmanTable.exception | HuffmanTable.furtherTable | UInt32(bits) << 8 | UInt32(rootBits) | UInt32(start) << 16
      further = (prefix, start, bits)
      return (start, bits)
    }
  }
}
