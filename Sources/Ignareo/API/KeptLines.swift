/// The result lines of a shard, numbered from 1 in the order in which they came. Whoever reads them again begins behind
/// any of them that is still there: the oldest may have been let go.
struct KeptLines {
  /// Lines that came together, and leave together.
  private struct Piece {
    let first: Int
    let count: Int
    let bytes: [UInt8]

    var last: Int { first + count - 1 }
    /// In memory: small ones must count for what they cost, too.
    var weight: Int { bytes.capacity + 64 }
  }

  private var pieces: [Piece] = []
  /// All that ever came.
  private(set) var count = 0
  /// What is held in memory for them, in bytes.
  private(set) var weight = 0

  /// The number of the last line that was let go; 0 when all are there.
  var forgotten: Int { pieces.first.map { $0.first - 1 } ?? count }

  /// - Parameter bytes: so many whole lines, at least one.
  mutating func append(_ bytes: [UInt8], count lines: Int) {
    let piece = Piece(first: count + 1, count: lines, bytes: Self.fitted(bytes))
    pieces.append(piece)
    count += lines
    weight += piece.weight
  }

  /// Without the room that was left for more, where that is much.
  private static func fitted(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count > 4_096, bytes.capacity - bytes.count > bytes.count / 4 else { return bytes }
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count)
    copy += bytes
    return copy
  }

  /// Some of the lines behind that one, and the number of the last of them; nil when there are none.
  func next(after number: Int) -> (bytes: [UInt8], last: Int)? {
    guard number < count, let place = place(after: number) else { return nil }
    let piece = pieces[place]
    let skipped = number - piece.first + 1
    guard skipped > 0 else { return (piece.bytes, piece.last) }
    var start = 0
    for _ in 0..<skipped { start = (piece.bytes[start...].firstIndex(of: 0x0a) ?? piece.bytes.endIndex - 1) + 1 }
    return (Array(piece.bytes[start...]), piece.last)
  }

  /// Of the first piece that has a line behind that one.
  private func place(after number: Int) -> Int? {
    var (low, high) = (0, pieces.count)
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].last <= number { low = middle + 1 } else { high = middle }
    }
    return low < pieces.count ? low : nil
  }

  /// Of all lines up to that one, as far as pieces end there.
  func weight(through number: Int) -> Int {
    pieces.prefix { $0.last <= number }.reduce(0) { $0 + $1.weight }
  }

  /// Lets the oldest lines go, as far as they are not behind that one, until no more than so many bytes are left.
  mutating func forget(through number: Int, downTo limit: Int) {
    var gone = 0
    while gone < pieces.count, weight > limit, pieces[gone].last <= number {
      weight -= pieces[gone].weight
      gone += 1
    }
    pieces.removeFirst(gone)
  }
}
