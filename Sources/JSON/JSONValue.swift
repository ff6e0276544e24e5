/// One JSON value as the bytes it was written in, checked once and never copied.
///
/// Nothing is decoded before it is asked for: a lookup steps over the bytes, and a part is a slice of the whole. A
/// slice keeps the whole text alive, so what is kept for long should be kept as its `detached` copy. Where an object
/// names a member twice the last one counts. Two values are equal when they mean the same: numbers by value, objects
/// whatever the order of their members, strings after their escapes.
package struct JSONValue: Sendable {
  /// Without white space around it; inside it the author's spacing stays.
  package let bytes: ArraySlice<UInt8>

  package enum Kind: String, Sendable { case object, array, string, number, bool, null }

  /// Checks that the bytes are one value (RFC 8259) in UTF-8, white space around it allowed.
  package static func parse(
    _ bytes: ArraySlice<UInt8>, depthLimit: Int = JSONLimits.depth
  ) throws(JSONError) -> JSONValue {
    let range = try Grammar.document(bytes.span, depthLimit: depthLimit)
    return JSONValue(trusted: bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound])
  }

  /// The same, and gives an object's members while it checks them, which saves a second walk over the bytes.
  ///
  /// - Parameter member: what it is given counts once the whole is checked: when this throws, some of an object's
  ///   members may have been given.
  package static func parse(
    _ bytes: ArraySlice<UInt8>, depthLimit: Int = JSONLimits.depth, eachMember member: (JSONKey, JSONValue) -> Void
  ) throws(JSONError) -> JSONValue {
    let span = bytes.span
    let start = Grammar.space(span, from: 0)
    guard start < span.count, span[start] == ASCII.openBrace else { return try parse(bytes, depthLimit: depthLimit) }
    let first = bytes.startIndex
    let end = try Grammar.object(span, from: start, depth: depthLimit) { name, value in
      member(
        JSONKey(raw: bytes[first + name.lowerBound..<first + name.upperBound]),
        JSONValue(trusted: bytes[first + value.lowerBound..<first + value.upperBound]))
    }
    let rest = Grammar.space(span, from: end)
    guard rest == span.count else { throw JSONError(.trailingBytes, at: rest) }
    return JSONValue(trusted: bytes[first + start..<first + end])
  }

  package static func parse(_ bytes: [UInt8], depthLimit: Int = JSONLimits.depth) throws(JSONError) -> JSONValue {
    try parse(bytes[...], depthLimit: depthLimit)
  }

  package static func parse(_ text: String, depthLimit: Int = JSONLimits.depth) throws(JSONError) -> JSONValue {
    try parse(Array(text.utf8)[...], depthLimit: depthLimit)
  }

  /// Takes bytes that were checked before and have no white space around them; a lie here traps later.
  package init(trusted bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  package var kind: Kind {
    switch bytes[bytes.startIndex] {
    case ASCII.openBrace: .object
    case ASCII.openBracket: .array
    case ASCII.quote: .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  package var isNull: Bool { kind == .null }

  /// Nil unless the value is `true` or `false`.
  package var bool: Bool? { kind == .bool ? bytes[bytes.startIndex] == UInt8(ascii: "t") : nil }

  /// The text of a string with its escapes resolved; nil for every other kind.
  package var string: String? { kind == .string ? JSONKey(raw: bytes.dropFirst().dropLast()).string : nil }

  /// Is it the string `text`? Without making a String.
  package func isString(_ text: StaticString) -> Bool {
    kind == .string && JSONKey(raw: bytes.dropFirst().dropLast()) == text
  }

  /// A copy that keeps nothing else alive.
  package var detached: JSONValue { JSONValue(trusted: Array(bytes)[...]) }

  /// Whether there is no line break in it, eight bytes at a time: where there is one, it means nothing.
  package var isOneLine: Bool {
    let span = bytes.span
    var place = 0
    while place &+ 8 <= span.count {
      let word = span.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
      // Flags what is below a space, and perhaps bytes behind that: then each is looked at.
      guard (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080 == 0 else { break }
      place &+= 8
    }
    while place < span.count {
      if span[place] == 0x0a || span[place] == 0x0d { return false }
      place &+= 1
    }
    return true
  }

  /// The bytes as text, for messages.
  package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension JSONValue: CustomStringConvertible {
  package var description: String { text }
}
