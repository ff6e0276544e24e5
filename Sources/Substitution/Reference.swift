package import JSON

/// A variable, or a part of one: `name`, `name.member`, `name/json/pointer`, `name.member/json/pointer`.
package struct Reference: Sendable {
  package let name: String
  /// Where it leads inside the variable.
  package var tokens: [String]
  /// As it was written, for messages.
  package private(set) var text: String

  package enum Problem: Error { case badName, badMember, badPointer(JSONError) }

  package init(_ text: String) throws(Problem) {
    let path = text.utf8.prefix { $0 != UInt8(ascii: "/") }
    let parts = path.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard let name = parts.first, Self.isName(name) else { throw .badName }
    guard parts.dropFirst().allSatisfy({ !$0.isEmpty }) else { throw .badMember }
    (self.name, self.text) = (String(decoding: name, as: UTF8.self), text)
    tokens = parts.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    do throws(JSONError) { tokens += try JSONPointer(text[path.endIndex...]).tokens } catch { throw .badPointer(error) }
  }

  package func appending(_ pointer: JSONPointer) -> Reference {
    var reference = self
    reference.tokens += pointer.tokens
    // A second pointer joins the first one as it stands; both begin with a slash or are empty.
    reference.text += pointer.description
    return reference
  }

  /// A letter or `_`, then letters, digits, `_` and `-`, all of ASCII.
  package static func isName(_ text: some Collection<UInt8>) -> Bool {
    guard let first = text.first, isLetter(first) else { return false }
    return text.allSatisfy { isLetter($0) || $0 &- 0x30 < 10 || $0 == UInt8(ascii: "-") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_") }
}
