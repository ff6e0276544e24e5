import Glibc

/// Cuts a stream of bytes into lines, whatever pieces it comes in. NDJSON (and text for people): empty lines mean
/// nothing and are left out, a carriage return before the line break is taken off.
package struct LineSplitter {
  /// A line longer than the limit; what follows it cannot be understood.
  package struct TooLong: Error {
    /// Its number, from 1.
    package let line: Int
    /// Its first bytes, which may say what it is about.
    package let beginning: ArraySlice<UInt8>
  }

  private static let beginningBytes = 64

  package let limit: Int
  /// The beginning of a line whose end has not come.
  private var rest: [UInt8] = []
  /// Of the line that was read last, from 1, empty ones counted.
  package private(set) var number = 0

  /// - Parameter limit: bytes that a line may have, its line break not counted; what is held never exceeds it by more
  ///   than one piece.
  package init(limit: Int) { self.limit = limit }

  /// What is kept of a line whose end has not come.
  package var heldBytes: Int { rest.count }

  /// Calls `body` with each line that ends in `bytes`, and its number.
  package mutating func take(
    _ bytes: [UInt8], _ body: (ArraySlice<UInt8>, Int) -> Void
  ) throws(TooLong) {
    _ = try take(bytes[...]) { line, number in
      body(line, number)
      return true
    }
  }

  /// The same, until `body` wants no further line.
  ///
  /// - Returns: what has not been looked at.
  package mutating func take(
    _ bytes: ArraySlice<UInt8>, while body: (ArraySlice<UInt8>, Int) -> Bool
  ) throws(TooLong) -> ArraySlice<UInt8> {
    var start = bytes.startIndex
    while let end = Self.lineBreak(in: bytes, from: start) {
      number += 1
      var goesOn = true
      if rest.isEmpty {
        try give(bytes[start..<end]) { goesOn = body($0, $1) }
      } else {
        rest += bytes[start..<end]
        let line = rest
        rest = []
        try give(line[...]) { goesOn = body($0, $1) }
      }
      start = end + 1
      if !goesOn { return bytes[start...] }
    }
    guard start < bytes.endIndex else { return [] }
    if rest.isEmpty, bytes.endIndex - start > 4_096 { rest.reserveCapacity(2 * (bytes.endIndex - start)) }
    rest += bytes[start...]
    // One byte more may still be the carriage return.
    if rest.count > limit + 1 {
      number += 1
      throw TooLong(line: number, beginning: rest.prefix(Self.beginningBytes))
    }
    return []
  }

  /// By `memchr`, which looks at 32 bytes in a step.
  private static func lineBreak(in bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
    bytes.withUnsafeBytes { buffer in
      let offset = start - bytes.startIndex
      guard offset < buffer.count, let base = buffer.baseAddress,
        let found = memchr(base + offset, 0x0a, buffer.count - offset)
      else { return nil }
      return start + (UnsafeRawPointer(found) - (base + offset))
    }
  }

  /// Gives the last line, which may lack its line break.
  package mutating func finish(_ body: (ArraySlice<UInt8>, Int) -> Void) throws(TooLong) {
    let line = rest
    rest = []
    number += 1
    try give(line[...], body)
  }

  private func give(_ line: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>, Int) -> Void) throws(TooLong) {
    let line = line.last == 0x0d ? line.dropLast() : line
    guard line.count <= limit else {
      throw TooLong(line: number, beginning: line.prefix(Self.beginningBytes))
    }
    if line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }) { body(line, number) }
  }
}
