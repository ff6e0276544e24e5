/// Cuts a stream into its lines. NDJSON: each line is one JSON value; empty lines mean nothing.
struct LineReader {
  /// A line longer than `limit` bytes.
  struct TooLong: Error { let line: Int }

  private let limit: Int
  private var rest: [UInt8] = []
  /// The number of the line that `rest` begins, from 1.
  private var number = 1

  init(limit: Int) { self.limit = limit }

  /// Calls `take` for each line that ends in `chunk`.
  mutating func read(_ chunk: [UInt8], _ take: (Int, ArraySlice<UInt8>) -> Void) throws(TooLong) {
    var start = chunk.startIndex
    while let end = chunk[start...].firstIndex(of: 0x0a) {
      if rest.isEmpty {
        try give(chunk[start..<end], take)
      } else {
        rest += chunk[start..<end]
        let line = rest
        rest = []
        try give(line[...], take)
      }
      number += 1
      start = end + 1
    }
    rest += chunk[start...]
    if rest.count > limit { throw TooLong(line: number) }
  }

  /// The last line may lack its line break.
  mutating func finish(_ take: (Int, ArraySlice<UInt8>) -> Void) throws(TooLong) {
    let line = rest
    rest = []
    try give(line[...], take)
  }

  private func give(_ line: ArraySlice<UInt8>, _ take: (Int, ArraySlice<UInt8>) -> Void) throws(TooLong) {
    guard line.count <= limit else { throw TooLong(line: number) }
    guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }) else { return }
    take(number, line)
  }
}
