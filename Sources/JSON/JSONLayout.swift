/// Reads JSON whose layout its writer is known to keep, piece by piece, several times as fast as a parser that must be
/// ready for everything: where another piece comes, the reader starts again with `JSONValue.parse`.
package struct JSONLayout {
  private let bytes: ArraySlice<UInt8>
  /// Behind what was read, from the first byte.
  private var place = 0

  package init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  package var isAtEnd: Bool { place == bytes.count }

  /// Steps over the text; false when it does not come next.
  package mutating func skip(_ text: StaticString) -> Bool {
    guard follows(text) else { return false }
    place += text.utf8CodeUnitCount
    return true
  }

  private func follows(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    let span = bytes.span
    guard place + count <= span.count else { return false }
    // The program's own constant: it lives as long as the program.
    let wanted = text.utf8Start
    for step in 0..<count where span[place &+ step] != wanted[step] { return false }
    return true
  }

  /// A whole number from 0 of up to eighteen digits.
  package mutating func count() -> Int? {
    let bytes = bytes
    let span = bytes.span
    var value = 0
    let start = place
    while place < span.count, ASCII.isDigit(span[place]), place - start < 18 {
      value = value &* 10 &+ Int(span[place] &- ASCII.zero)
      place += 1
    }
    guard place > start, place == start + 1 || span[start] != ASCII.zero else { return nil }
    return value
  }

  package mutating func number() -> Double? {
    guard let value = value(depthLimit: 0), value.kind == .number else { return nil }
    return value.double
  }

  /// Any value, checked.
  package mutating func value(depthLimit: Int) -> JSONValue? {
    guard let end = try? Grammar.value(bytes.span, from: place, depth: depthLimit) else { return nil }
    defer { place = end }
    return JSONValue(trusted: bytes[bytes.startIndex + place..<bytes.startIndex + end])
  }
}
