extension JSONValue {
  /// Calls `body` for each member in the order they were written, doubles included; does nothing unless this is an
  /// object.
  package func forEachMember<Failure: Error>(
    _ body: (JSONKey, JSONValue) throws(Failure) -> Void
  ) throws(Failure) {
    guard kind == .object else { return }
    var place = Grammar.space(bytes.span, from: 1)
    while bytes.span[place] != ASCII.closeBrace {
      let member = Self.member(bytes.span, from: place)
      try body(JSONKey(raw: slice(member.key)), JSONValue(trusted: slice(member.value)))
      place = member.next
    }
  }

  /// Calls `body` for each element; does nothing unless this is an array.
  package func forEachElement<Failure: Error>(_ body: (JSONValue) throws(Failure) -> Void) throws(Failure) {
    guard kind == .array else { return }
    var place = Grammar.space(bytes.span, from: 1)
    while bytes.span[place] != ASCII.closeBracket {
      let end = Skip.value(bytes.span, from: place)
      try body(JSONValue(trusted: slice(place..<end)))
      place = Self.afterComma(bytes.span, from: end)
    }
  }

  /// The members in the order they were written; nil unless this is an object.
  package var members: [(key: JSONKey, value: JSONValue)]? {
    guard kind == .object else { return nil }
    var members: [(key: JSONKey, value: JSONValue)] = []
    forEachMember { members.append(($0, $1)) }
    return members
  }

  /// Nil unless this is an array.
  package var elements: [JSONValue]? {
    guard kind == .array else { return nil }
    var elements: [JSONValue] = []
    forEachElement { elements.append($0) }
    return elements
  }

  /// The last member of that name; nil when there is none or this is no object. Each lookup walks the object: to read
  /// many members, walk once with `forEachMember`.
  package subscript(key: String) -> JSONValue? {
    guard kind == .object else { return nil }
    var key = key
    return key.withUTF8 { find($0) }
  }

  private func find(_ key: UnsafeBufferPointer<UInt8>) -> JSONValue? {
    let span = bytes.span
    var found: Range<Int>?
    var place = Grammar.space(span, from: 1)
    while span[place] != ASCII.closeBrace {
      let member = Self.member(span, from: place)
      if JSONKey.names(span.extracting(member.key), key) { found = member.value }
      place = member.next
    }
    return found.map { JSONValue(trusted: slice($0)) }
  }

  /// The member whose name begins at `place`: its name between the quotes, its value, and where the next one begins.
  private static func member(
    _ span: Span<UInt8>, from place: Int
  ) -> (key: Range<Int>, value: Range<Int>, next: Int) {
    let keyEnd = Skip.string(span, from: place)
    let colon = Grammar.space(span, from: keyEnd)
    let start = Grammar.space(span, from: colon + 1)
    let end = Skip.value(span, from: start)
    return (place + 1..<keyEnd - 1, start..<end, afterComma(span, from: end))
  }

  private static func afterComma(_ span: Span<UInt8>, from end: Int) -> Int {
    let place = Grammar.space(span, from: end)
    return span[place] == ASCII.comma ? Grammar.space(span, from: place + 1) : place
  }

  private func slice(_ range: Range<Int>) -> ArraySlice<UInt8> {
    bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound]
  }
}
