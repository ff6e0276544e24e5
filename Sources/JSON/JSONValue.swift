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

  /// The bytes as text, for messages.
  package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension JSONValue: CustomStringConvertible {
  package var description: String { text }
}
