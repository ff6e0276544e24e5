/// Records one behind the other in large pieces of memory: eight bytes a record beside its own, and growing copies
/// nothing.
struct RecordArena {
  private static let pieceBytes = 256 << 10

  private var pieces: [[UInt8]] = []
  /// Of each record: its piece in the upper half, its place there in the lower.
  private var starts: [UInt64] = []
  private(set) var byteCount = 0

  var count: Int { starts.count }

  /// Adds a record that is made of these parts.
  mutating func append(_ parts: ArraySlice<UInt8>...) {
    let size = parts.reduce(0) { $0 + $1.count }
    if pieces.last.map({ $0.count + size > Self.pieceBytes }) ?? true {
      pieces.append([])
      pieces[pieces.count - 1].reserveCapacity(max(size, count == 0 ? 4_096 : Self.pieceBytes))
    }
    let last = pieces.count - 1
    starts.append(UInt64(last) << 32 | UInt64(pieces[last].count))
    for part in parts { pieces[last] += part }
    byteCount += size
  }

  /// Valid until the next change; whoever keeps it longer makes the arena copy a piece.
  subscript(record: Int) -> ArraySlice<UInt8> {
    let (piece, start) = place(of: record)
    return pieces[piece][start..<end(of: record, in: piece)]
  }

  /// The bytes of these records: no more once they are `limit` or more. `end` is the first one left out.
  func copy(_ records: Range<Int>, upTo limit: Int) -> (bytes: [UInt8], end: Int) {
    var bytes: [UInt8] = []
    var record = records.lowerBound
    while record < records.upperBound, bytes.count < limit {
      bytes += self[record]
      record += 1
    }
    return (bytes, record)
  }

  private func place(of record: Int) -> (piece: Int, start: Int) {
    (Int(starts[record] >> 32), Int(starts[record] & 0xffff_ffff))
  }

  private func end(of record: Int, in piece: Int) -> Int {
    guard record + 1 < count else { return pieces[piece].count }
    let next = place(of: record + 1)
    return next.piece == piece ? next.start : pieces[piece].count
  }
}
