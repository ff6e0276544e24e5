/// Reads an array of any length element by element: what has not been asked for has cost nothing yet.
package struct JSONElements {
  private enum State { case start, elements, end }

  private let bytes: ArraySlice<UInt8>
  private var place = 0
  private var state = State.start

  package init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  /// Whether the text can only be an array, by its first byte.
  package var isArray: Bool {
    let start = Grammar.space(bytes.span, from: 0)
    return start < bytes.count && bytes.span[start] == ASCII.openBracket
  }

  /// The next element; nil when the array and the text have ended, as they must.
  ///
  /// - Throws: for what is not JSON up to there, at its offset in the whole text; nothing may be read after that.
  package mutating func next() throws(JSONError) -> JSONValue? {
    let bytes = bytes
    let span = bytes.span
    switch state {
    case .start:
      place = Grammar.space(span, from: 0)
      guard place < span.count else { throw JSONError(.unexpectedEnd, at: place) }
      guard span[place] == ASCII.openBracket else { throw JSONError(.expectedValue, at: place) }
      place = Grammar.space(span, from: place + 1)
      state = .elements
      if place < span.count, span[place] == ASCII.closeBracket { return try end() }
    case .elements:
      place = Grammar.space(span, from: place)
      guard place < span.count else { throw JSONError(.unexpectedEnd, at: place) }
      if span[place] == ASCII.closeBracket { return try end() }
      guard span[place] == ASCII.comma else { throw JSONError(.expectedCommaOrBracket, at: place) }
      place = Grammar.space(span, from: place + 1)
    case .end: return nil
    }
    let start = place
    place = try Grammar.value(span, from: start, depth: JSONLimits.depth - 1)
    return JSONValue(trusted: bytes[bytes.startIndex + start..<bytes.startIndex + place])
  }

  private mutating func end() throws(JSONError) -> JSONValue? {
    state = .end
    place = Grammar.space(bytes.span, from: place + 1)
    guard place == bytes.count else { throw JSONError(.trailingBytes, at: place) }
    return nil
  }
}
