/// The part of a target behind `?`, or a form's body: `name=value` pairs between `&`, percent-decoded, `+` for a space.
package struct Query: Sendable, Equatable {
  package struct Item: Sendable, Equatable {
    package let name: String
    /// Empty for a name without `=`.
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package var items: [Item]

  package init(items: [Item] = []) { self.items = items }

  package init(_ bytes: some Collection<UInt8>) {
    items = bytes.split(separator: UInt8(ascii: "&")).map { pair in
      let parts = pair.split(separator: Octet.equals, maxSplits: 1, omittingEmptySubsequences: false)
      return Item(name: Self.text(parts[0]), value: parts.count > 1 ? Self.text(parts[1]) : "")
    }
  }

  /// The first value of that name.
  package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

  /// All values of that name, in order.
  package func values(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

  /// Percent-encoded, without the question mark.
  package var encoded: String {
    items.map { "\(PercentEncoding.encoded($0.name))=\(PercentEncoding.encoded($0.value))" }.joined(separator: "&")
  }

  private static func text(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: PercentEncoding.decoded(bytes, plusIsSpace: true), as: UTF8.self)
  }
}
