/// The machine of DEFLATE, RFC 1951: takes the input in any pieces and stops where it ends, where there is no more room
/// for output, and behind the last block.
struct Inflater {
  enum Stop {
    /// All input is used; what is left of it waits in the bit queue.
    case needsInput
    case windowFull
    case ended
  }

  private enum State {
    case blockHead
    case storedLength
    case stored(remaining: Int)
    case counts
    /// The lengths of the code in which the code lengths are written.
    case lengthCode(Counts)
    case lengths(Counts, HuffmanTable)
    case symbols(literals: HuffmanTable, distances: HuffmanTable)
    case ended
  }

  /// How many codes of each kind a block has.
  private struct Counts {
    let literals: Int
    let distances: Int
    let lengths: Int
  }

  private var state = State.blockHead
  private var isLast = false
  /// What a block's head has told of code lengths.
  private var lengths: [UInt8] = []

  /// In which order the lengths of the length code come: section 3.2.7.
  private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  mutating func run(
    _ input: Span<UInt8>, _ place: inout Int, _ bits: inout BitQueue, _ window: inout InflateWindow
  ) throws(InflateFlaw) -> Stop {
    while true {
      let goesOn: Bool
      switch state {
      case .ended: return .ended
      case .blockHead: goesOn = try beginBlock(input, &place, &bits)
      case .storedLength: goesOn = try readStoredLength(input, &place, &bits)
      case .stored(let remaining):
        if window.isFull { return .windowFull }
        goesOn = copyStored(remaining, input, &place, &bits, &window)
      case .counts: goesOn = try readCounts(input, &place, &bits)
      case .lengthCode(let counts): goesOn = try readLengthCode(counts, input, &place, &bits)
      case .lengths(let counts, let code): goesOn = try readLengths(counts, code, input, &place, &bits)
      case .symbols(let literals, let distances):
        switch try Self.decode(literals, distances, input, &place, &bits, &window) {
        case .needsInput: goesOn = false
        case .windowFull: return .windowFull
        case .ended:
          endBlock()
          goesOn = true
        }
      }
      if !goesOn { return .needsInput }
    }
  }

  private mutating func endBlock() { state = isLast ? .ended : .blockHead }

  // Each of these says whether it had input enough.

  private mutating func beginBlock(
    _ input: Span<UInt8>, _ place: inout Int, _ bits: inout BitQueue
  ) throws(InflateFlaw) -> Bool {
    guard let head = bits.take(3, input, &place) else { return false }
    isLast = head & 1 == 1
    switch head >> 1 {
    case 0:
      bits.align()
      state = .storedLength
    case 1: state = .symbols(literals: HuffmanTable.fixed.literals, distances: HuffmanTable.fixed.distances)
    case 2: state = .counts
    default: throw .blockType
    }
    return true
  }

  private mutating func readStoredLength(
    _ input: Span<UInt8>, _ place: inout Int, _ bits: inout BitQueue
  ) throws(InflateFlaw) -> Bool {
    guard let word = bits.take(32, input, &place) else { return false }
    guard word & 0xffff == ~word >> 16 & 0xffff else { throw .storedLength }
    state = .stored(remaining: word & 0xffff)
    return true
  }

  /// The bytes that are in the queue already, and then as many as there are.
  private mutating func copyStored(
    _ remaining: Int, _ input: Span<UInt8>, _ place: inout Int, _ bits: inout BitQueue, _ window: inout InflateWindow
  ) -> Bool {
    var remaining = remaining
    while remaining > 0, bits.count > 0, !window.isFull {
      window.bytes[window.end] = UInt8(truncatingIfNeeded: bits.bits)
      window.end += 1
      bits.drop(8)
      remaining -= 1
    }
    let count =
      bits.count > 0 ? 0 : min(remaining, input.count - place, max(0, InflateWindow.fullBytes + 1 - window.end))
    if count > 0 {
      // Guarded by: both ranges were cut to what is there.
      input.extracting(place..<place + count).withUnsafeBytes { part in
        window.bytes.withUnsafeMutableBytes { $0[window.end...].copyBytes(from: part) }
      }
      place += count
      window.end += count
      remaining -= count
    }
    state = .stored(remaining: remaining)
    if remaining == 0 { endBlock() }
    return remaining == 0 || window.isFull
  }

  private mutating func readCounts(
    _ input: Span<UInt8>, _ place: inout Int, _ bits: inout BitQueue
  ) throws(InflateFlaw) -> Bool {
    guard let word = bits.take(14, input, &place) else { return false }
    let counts = Counts(literals: word & 31 + 257, distances: word >> 5 & 31 + 1, lengths: word >> 10 + 4)
    guard counts.literals <= HuffmanTable.literalCount, counts.distances <= HuffmanTable.distanceCount else {
      throw .tooManyCodes
    }
    lengths = []
    state = .lengthCode(counts)
    return true
  }

  private mutating func readLengthCode(
    _ counts: Counts, _ input: Span<UInt8>, _ place: inout Int, _ bits: inout BitQueue
  ) throws(InflateFlaw) -> Bool {
    while lengths.count < counts.lengths {
      guard let length = bits.take(3, input, &place) else { return false }
      lengths.append(UInt8(length))
    }
    var ordered = [UInt8](repeating: 0, count: Self.lengthOrder.count)
    for (symbol, length) in zip(Self.lengthOrder, lengths) { ordered[symbol] = length }
    let code = try HuffmanTable.codeLengths(ordered[...])
    lengths = []
    state = .lengths(counts, code)
    return true
  }

  private mutating func readLengths(
    _ counts: Counts, _ code: HuffmanTable, _ input: Span<UInt8>, _ place: inout Int, _ bits: inout BitQueue
  ) throws(InflateFlaw) -> Bool {
    let total = counts.literals + counts.distances
    while lengths.count < total {
      bits.fill(input, &place)
      let entry = code.entries[Int(bits.bits & (1 << UInt64(HuffmanTable.lengthRootBits) - 1))]
      if entry == HuffmanTable.nothing {
        guard bits.count >= HuffmanTable.lengthRootBits else { return false }
        throw .symbol
      }
      let (used, symbol) = (Int(entry & 0xff), UInt8(entry >> 16))
      // Repeats have a base and so many extra bits.
      let (base, extra) = symbol < 16 ? (1, 0) : symbol == 16 ? (3, 2) : symbol == 17 ? (3, 3) : (11, 7)
      guard bits.count >= used + extra else { return false }
      let count = base + Int(bits.bits >> UInt64(used) & (1 << UInt64(extra) - 1))
      guard let value = symbol < 16 ? symbol : symbol == 16 ? lengths.last : 0, lengths.count + count <= total else {
        throw .badRepeat
      }
      bits.drop(used + extra)
      lengths += repeatElement(value, count: count)
    }
    guard lengths[256] > 0 else { throw .noEnd }
    state = .symbols(
      literals: try .literals(lengths[..<counts.literals]), distances: try .distances(lengths[counts.literals...]))
    return true
  }
}
