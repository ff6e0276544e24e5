package import JSON

/// A JSON value with places that are filled in when it is rendered.
package indirect enum Template: Sendable {
  case constant(JSONValue)
  /// A string that is one substitution: becomes the variable's value, whatever its type.
  case whole(Reference)
  case text([Piece])
  case array([Template])
  case object([(name: String, value: Template)])

  package enum Piece: Sendable {
    case literal(String)
    case reference(Reference)
  }

  package var isConstant: Bool { if case .constant = self { true } else { false } }

  package func forEachReference(_ body: (Reference) -> Void) {
    switch self {
    case .constant: break
    case .whole(let reference): body(reference)
    case .text(let pieces): for case .reference(let reference) in pieces { body(reference) }
    case .array(let elements): for element in elements { element.forEachReference(body) }
    case .object(let members): for member in members { member.value.forEachReference(body) }
    }
  }

  /// Cuts a text at its substitutions. `\{{` is the two braces themselves.
  ///
  /// - Throws: what is wrong with a substitution, as the end of a sentence.
  package static func pieces<Failure: Error>(
    of text: String, _ refused: (String) -> Failure
  ) throws(Failure) -> [Piece] {
    let bytes = Array(text.utf8)
    var pieces: [Piece] = []
    var literal: [UInt8] = []
    var rest = bytes[...]
    while let opening = pair(openBrace, in: rest) {
      if opening > rest.startIndex, bytes[opening - 1] == UInt8(ascii: "\\") {
        literal += rest[..<(opening - 1)] + [openBrace, openBrace]
        rest = rest[(opening + 2)...]
        continue
      }
      // Of three braces the inner two are meant: {"a":{{{name}}}} is an object around a substitution.
      var start = opening + 2
      while start < rest.endIndex, rest[start] == openBrace { start += 1 }
      literal += rest[..<(start - 2)]
      guard let closing = pair(closeBrace, in: rest[start...]) else {
        throw refused("has a {{ that is never closed; the braces themselves are written \\{{")
      }
      let inside = String(decoding: trimmed(rest[start..<closing]), as: UTF8.self)
      let reference: Reference
      do throws(Reference.Problem) { reference = try Reference(inside) } catch {
        throw refused(complaint(error, about: "{{\(inside)}}"))
      }
      if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
      pieces.append(.reference(reference))
      literal.removeAll()
      rest = rest[(closing + 2)...]
    }
    literal += rest
    if !literal.isEmpty || pieces.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
    return pieces
  }

  private static let openBrace = UInt8(ascii: "{")
  private static let closeBrace = UInt8(ascii: "}")

  /// Where the byte stands twice in a row for the first time.
  private static func pair(_ byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count > 1 else { return nil }
    return (bytes.startIndex..<bytes.endIndex - 1).first { bytes[$0] == byte && bytes[$0 + 1] == byte }
  }

  package static func complaint(_ problem: Reference.Problem, about text: String) -> String {
    switch problem {
    case .badName: "has '\(text)', which names no variable: a letter or _, then letters, digits, _ and -"
    case .badMember: "has '\(text)', in which a name is missing beside a dot"
    case .badPointer(let error): "has '\(text)': \(error.cause)"
    }
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes.drop { $0 == 0x20 }
    while bytes.last == 0x20 { bytes.removeLast() }
    return bytes
  }
}
