/// Cuts a stream of bytes into lines. Empty ones are left out; a carriage return before the line break is taken off.
struct LineSplitter {
  /// A line longer than the limit; what follows cannot be understood.
  struct TooLong: Error {
    let beginning: ArraySlice<UInt8>
  }

  let limit: Int
  /// The beginning of a line whose end has not come.
  private var rest: [UInt8] = []
  /// Of the line that was read last, from 1, empty ones counted.
  private(set) var number = 0

  init(limit: Int) { self.limit = limit }

  /// Calls `body` with each line that ends in `bytes`, and its number.
  mutating func take(_ bytes: [UInt8], _ body: (ArraySlice<UInt8>, Int) -> Void) throws(TooLong) {
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0a) {
      number += 1
      if rest.isEmpty {
        try give(bytes[start..<end], body)
      } else {
        rest += bytes[start..<end]
        let line = rest
        rest = []
        try give(line[...], body)
      }
      start = end + 1
    }
    guard start < bytes.count else { return }
    if rest.isEmpty, bytes.count - start > 4_096 { rest.reserveCapacity(2 * (bytes.count - start)) }
    rest += bytes[start...]
    if rest.count > limit {
      number += 1
      throw TooLong(beginning: rest.prefix(64))
    }
  }

  /// Gives the last line, which may lack its line break.
  mutating func finish(_ body: (ArraySlice<UInt8>, Int) -> Void) throws(TooLong) {
    let line = rest
    rest = []
    number += 1
    try give(line[...], body)
  }

  private func give(_ line: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>, Int) -> Void) throws(TooLong) {
    let line = line.last == 0x0d ? line.dropLast() : line
    guard line.count <= limit else { throw TooLong(beginning: line.prefix(64)) }
    if line.contains(where: { $0 != 0x20 && $0 != 0x09 }) { body(line, number) }
  }
}
