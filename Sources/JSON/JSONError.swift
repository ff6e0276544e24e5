/// Why a text is no JSON, and where.
package struct JSONError: Error, Equatable, Sendable {
  package enum Code: String, Sendable {
    case expectedValue, expectedKey, expectedColon, expectedCommaOrBrace, expectedCommaOrBracket, expectedDigit
    case leadingZero, badLiteral, badEscape, loneSurrogate, controlCharacter, badUTF8
    case tooDeep, trailingBytes, unexpectedEnd
    case badPointer
  }

  package let code: Code
  /// In bytes from the beginning of what was parsed; of a pointer's text for `badPointer`.
  package let offset: Int

  package init(_ code: Code, at offset: Int) {
    self.code = code
    self.offset = offset
  }

  /// Where the offset lies in the bytes that were parsed.
  package func position(in bytes: some Collection<UInt8>) -> JSONPosition { JSONPosition(offset: offset, in: bytes) }

  /// The cause alone, without the place.
  package var cause: String {
    switch code {
    case .expectedValue: "expected a value: an object, an array, a string, a number, true, false or null"
    case .expectedKey: "expected a member's name in double quotes"
    case .expectedColon: "expected ':' after a member's name"
    case .expectedCommaOrBrace: "expected ',' or '}' after a member"
    case .expectedCommaOrBracket: "expected ',' or ']' after an element"
    case .expectedDigit: "expected a digit in a number"
    case .leadingZero: "a number must not begin with 0 and another digit"
    case .badLiteral: "expected true, false or null"
    case .badEscape: "unknown escape in a string; a backslash itself is written \\\\"
    case .loneSurrogate: "half of a surrogate pair in a string; both \\u escapes are needed"
    case .controlCharacter: "a control character in a string must be written as an escape, such as \\n"
    case .badUTF8: "the text is not UTF-8"
    case .tooDeep: "arrays and objects are nested too deep"
    case .trailingBytes: "expected nothing more after the value"
    case .unexpectedEnd: "the text ends in the middle of a value"
    case .badPointer: "a JSON pointer is empty or begins with '/', and '~' is followed by 0 or 1"
    }
  }
}

extension JSONError: CustomStringConvertible {
  package var description: String { "\(cause) (at byte \(offset))" }
}

/// A place in a text as editors count it: lines from 1, columns from 1 in bytes.
package struct JSONPosition: Equatable, Sendable, CustomStringConvertible {
  package let line: Int
  package let column: Int

  package init(offset: Int, in bytes: some Collection<UInt8>) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == 0x0a {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    self.line = line
    self.column = column
  }

  package var description: String { "line \(line), column \(column)" }
}
