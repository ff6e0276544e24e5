/// A place inside a value: RFC 6901.
///
/// The empty pointer is the whole value; otherwise each token follows a `/`, with `~1` for `/` and `~0` for `~`.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
  /// Unescaped.
  package private(set) var tokens: [String]

  package init(tokens: [String] = []) { self.tokens = tokens }

  /// Throws `badPointer` with the offset in `text`.
  package init(_ text: some StringProtocol) throws(JSONError) {
    tokens = []
    var token: [UInt8] = []
    var isEscaped = false
    for (offset, byte) in text.utf8.enumerated() {
      switch (isEscaped, byte) {
      case (true, UInt8(ascii: "0")): token.append(UInt8(ascii: "~"))
      case (true, UInt8(ascii: "1")): token.append(ASCII.slash)
      case (true, _): throw JSONError(.badPointer, at: offset)
      case (false, ASCII.slash):
        if offset > 0 { tokens.append(String(decoding: token, as: UTF8.self)) }
        token.removeAll(keepingCapacity: true)
      case (false, _):
        guard offset > 0 else { throw JSONError(.badPointer, at: 0) }
        if byte != UInt8(ascii: "~") { token.append(byte) }
      }
      isEscaped = !isEscaped && byte == UInt8(ascii: "~")
    }
    guard !isEscaped else { throw JSONError(.badPointer, at: text.utf8.count) }
    if !text.isEmpty { tokens.append(String(decoding: token, as: UTF8.self)) }
  }

  package func appending(_ token: String) -> JSONPointer { JSONPointer(tokens: tokens + [token]) }
  package func appending(_ index: Int) -> JSONPointer { appending(String(index)) }

  package var description: String {
    var text: [UInt8] = []
    for token in tokens {
      text.append(ASCII.slash)
      for byte in token.utf8 {
        switch byte {
        case UInt8(ascii: "~"): text += [byte, UInt8(ascii: "0")]
        case ASCII.slash: text += [UInt8(ascii: "~"), UInt8(ascii: "1")]
        default: text.append(byte)
        }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension JSONValue {
  /// What the pointer points at; nil when there is nothing.
  package func at(_ pointer: JSONPointer) -> JSONValue? {
    var value = self
    for token in pointer.tokens {
      guard let next = value.kind == .array ? value.element(token) : value[token] else { return nil }
      value = next
    }
    return value
  }

  /// The same for a pointer's text; nil also when that is no pointer.
  package func at(pointer text: String) -> JSONValue? {
    guard let pointer = try? JSONPointer(text) else { return nil }
    return at(pointer)
  }

  /// RFC 6901, section 4: `0`, or digits without a leading zero.
  private func element(_ token: String) -> JSONValue? {
    guard token.utf8.allSatisfy(ASCII.isDigit), token == "0" || token.utf8.first != ASCII.zero,
      let index = Int(token)
    else { return nil }
    var found: JSONValue?
    var count = 0
    forEachElement { element in
      if count == index { found = element }
      count += 1
    }
    return found
  }
}
