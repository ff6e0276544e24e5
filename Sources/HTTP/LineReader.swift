/// Gathers lines out of pieces of input, one array for all lines of a head.
///
/// What it answers depends on the bytes alone, never on how they were cut into pieces.
struct LineReader: Sendable {
  enum Line: Equatable {
    case needsMore
    /// More bytes than allowed, and no end in sight.
    case tooLong
    /// The line's place in `bytes`, without its line end.
    case complete(Range<Int>, endsInBareLF: Bool)
  }

  private(set) var bytes: [UInt8] = []
  private var lineStart = 0

  /// Bytes of the unfinished line.
  var pending: Int { bytes.count - lineStart }

  /// Takes the rest of a line from `place` on and moves `place` behind it. `allowance` is how long the line may be
  /// without its line end.
  mutating func next(_ span: Span<UInt8>, _ place: inout Int, allowance: Int) -> Line {
    let room = max(0, allowance + 2 - pending)
    let window = min(span.count - place, room)
    if let lineFeed = Self.lineFeed(span, place..<place + window) {
      append(span, place..<lineFeed + 1)
      place = lineFeed + 1
      let content = bytes.count - 1
      let hasReturn = content > lineStart && bytes[content - 1] == Octet.carriageReturn
      let line = lineStart..<(hasReturn ? content - 1 : content)
      lineStart = bytes.count
      return line.count > allowance ? .tooLong : .complete(line, endsInBareLF: !hasReturn)
    }
    append(span, place..<place + window)
    place += window
    return window == room ? .tooLong : .needsMore
  }

  /// Gives the bytes away and begins anew.
  mutating func take() -> [UInt8] {
    let taken = bytes
    bytes = []
    lineStart = 0
    return taken
  }

  /// Begins anew in the same memory.
  mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    lineStart = 0
  }

  /// Overwrites bytes that were read: the line end before a folded line.
  mutating func blank(_ range: Range<Int>) {
    for place in range { bytes[place] = Octet.space }
  }

  private mutating func append(_ span: Span<UInt8>, _ range: Range<Int>) {
    if bytes.capacity == 0 { bytes.reserveCapacity(min(1024, span.count - range.lowerBound + 32)) }
    span.extracting(range).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }

  /// The first line feed, eight bytes at a time.
  @inline(__always)
  private static func lineFeed(_ span: Span<UInt8>, _ range: Range<Int>) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var place = range.lowerBound
    while place &+ 8 <= range.upperBound {
      let word = UInt64(littleEndian: span.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
      let zeroed = word ^ (ones &* UInt64(Octet.lineFeed))
      // The lowest flagged byte is a true one; a borrow can only flag bytes above it.
      let found = (zeroed &- ones) & ~zeroed & 0x8080_8080_8080_8080
      if found != 0 { return place &+ found.trailingZeroBitCount / 8 }
      place &+= 8
    }
    while place < range.upperBound {
      if span[place] == Octet.lineFeed { return place }
      place &+= 1
    }
    return nil
  }
}
