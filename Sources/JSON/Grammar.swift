/// RFC 8259's grammar, checked in one pass without building anything.
///
/// Each function takes the place of a production's first byte and returns the place after its last one.
enum Grammar {
  /// The one value of a text and its place in it, white space around it left off.
  static func document(_ bytes: Span<UInt8>, depthLimit: Int) throws(JSONError) -> Range<Int> {
    let start = space(bytes, from: 0)
    let end = try value(bytes, from: start, depth: depthLimit)
    let rest = space(bytes, from: end)
    guard rest == bytes.count else { throw JSONError(.trailingBytes, at: rest) }
    return start..<end
  }

  /// `depth` is how many more arrays and objects may be opened.
  static func value(_ bytes: Span<UInt8>, from start: Int, depth: Int) throws(JSONError) -> Int {
    guard start < bytes.count else { throw JSONError(.unexpectedEnd, at: start) }
    switch bytes[start] {
    case ASCII.quote: return try string(bytes, from: start)
    case ASCII.openBrace: return try object(bytes, from: start, depth: depth)
    case ASCII.openBracket: return try array(bytes, from: start, depth: depth)
    case ASCII.minus, ASCII.zero...ASCII.nine: return try number(bytes, from: start)
    case UInt8(ascii: "t"): return try literal("true", bytes, from: start)
    case UInt8(ascii: "f"): return try literal("false", bytes, from: start)
    case UInt8(ascii: "n"): return try literal("null", bytes, from: start)
    default: throw JSONError(.expectedValue, at: start)
    }
  }

  @inline(__always)
  static func space(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var place = start
    while place < bytes.count, ASCII.isSpace(bytes[place]) { place &+= 1 }
    return place
  }

  private static func object(_ bytes: Span<UInt8>, from start: Int, depth: Int) throws(JSONError) -> Int {
    try object(bytes, from: start, depth: depth) { _, _ in }
  }

  /// - Parameter member: gets the place of each name, between its quotes, and of its value.
  @inline(__always)
  static func object(
    _ bytes: Span<UInt8>, from start: Int, depth: Int, member: (Range<Int>, Range<Int>) -> Void
  ) throws(JSONError) -> Int {
    guard depth > 0 else { throw JSONError(.tooDeep, at: start) }
    var place = space(bytes, from: start + 1)
    if place < bytes.count, bytes[place] == ASCII.closeBrace { return place + 1 }
    while true {
      guard place < bytes.count else { throw JSONError(.unexpectedEnd, at: place) }
      guard bytes[place] == ASCII.quote else { throw JSONError(.expectedKey, at: place) }
      let name = place + 1
      let nameEnd = try string(bytes, from: place)
      place = space(bytes, from: nameEnd)
      guard place < bytes.count else { throw JSONError(.unexpectedEnd, at: place) }
      guard bytes[place] == ASCII.colon else { throw JSONError(.expectedColon, at: place) }
      let start = space(bytes, from: place + 1)
      let end = try value(bytes, from: start, depth: depth - 1)
      member(name..<nameEnd - 1, start..<end)
      place = space(bytes, from: end)
      guard place < bytes.count else { throw JSONError(.unexpectedEnd, at: place) }
      if bytes[place] == ASCII.closeBrace { return place + 1 }
      guard bytes[place] == ASCII.comma else { throw JSONError(.expectedCommaOrBrace, at: place) }
      place = space(bytes, from: place + 1)
    }
  }

  private static func array(_ bytes: Span<UInt8>, from start: Int, depth: Int) throws(JSONError) -> Int {
    guard depth > 0 else { throw JSONError(.tooDeep, at: start) }
    var place = space(bytes, from: start + 1)
    if place < bytes.count, bytes[place] == ASCII.closeBracket { return place + 1 }
    while true {
      place = space(bytes, from: try value(bytes, from: place, depth: depth - 1))
      guard place < bytes.count else { throw JSONError(.unexpectedEnd, at: place) }
      if bytes[place] == ASCII.closeBracket { return place + 1 }
      guard bytes[place] == ASCII.comma else { throw JSONError(.expectedCommaOrBracket, at: place) }
      place = space(bytes, from: place + 1)
    }
  }

  private static func literal(
    _ word: StaticString, _ bytes: Span<UInt8>, from start: Int
  ) throws(JSONError) -> Int {
    // The program's own constant: it lives as long as the program.
    let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    for (step, letter) in letters.enumerated() {
      guard start + step < bytes.count else { throw JSONError(.unexpectedEnd, at: start + step) }
      guard bytes[start + step] == letter else { throw JSONError(.badLiteral, at: start) }
    }
    return start + letters.count
  }

  /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
  private static func number(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
    var place = bytes[start] == ASCII.minus ? start + 1 : start
    let first = place
    place = try digits(bytes, from: place)
    guard place == first + 1 || bytes[first] != ASCII.zero else { throw JSONError(.leadingZero, at: first) }
    if place < bytes.count, bytes[place] == ASCII.dot { place = try digits(bytes, from: place + 1) }
    if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
      place += 1
      if place < bytes.count, bytes[place] == ASCII.plus || bytes[place] == ASCII.minus { place += 1 }
      place = try digits(bytes, from: place)
    }
    return place
  }

  @inline(__always)
  private static func digits(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
    var place = start
    while place < bytes.count, ASCII.isDigit(bytes[place]) { place &+= 1 }
    guard place > start else {
      throw JSONError(place < bytes.count ? .expectedDigit : .unexpectedEnd, at: place)
    }
    return place
  }
}
