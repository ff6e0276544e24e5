/// Header fields in the order they came, their names compared without regard to case.
///
/// The text of all fields lies in one array; a field is four numbers. Strings are made when they are asked for.
package struct HTTPHeaders: Sendable {
  package struct Field: Sendable {
    private let nameRange: ByteRange
    private let valueRange: ByteRange

    package init(name: Range<Int>, value: Range<Int>) {
      nameRange = ByteRange(name)
      valueRange = ByteRange(value)
    }

    package var name: Range<Int> { nameRange.range }
    package var value: Range<Int> { valueRange.range }
  }

  /// Holds the fields' text among other bytes: a parsed head shares it with its start line.
  private(set) var bytes: [UInt8] = []
  private(set) var fields: [Field] = []

  package init() {}

  /// Takes over text in which the fields were found. What is no part of a field is never seen.
  package init(bytes: consuming [UInt8], fields: consuming [Field]) {
    self.bytes = bytes
    self.fields = fields
  }

  package var count: Int { fields.count }
  /// Of the text that the fields lie in.
  package var byteCount: Int { bytes.count }
  package var isEmpty: Bool { fields.isEmpty }

  /// All values of that name, joined by ", " as RFC 9110, section 5.2 combines them; nil when there is none. Setting
  /// takes the place of all of them, nil removes them.
  package subscript(name: String) -> String? {
    get {
      let values = values(name)
      return values.isEmpty ? nil : values.count == 1 ? values[0] : values.joined(separator: ", ")
    }
    set {
      remove(name)
      if let newValue { add(name, newValue) }
    }
  }

  /// The values of the fields of that name, each as it came.
  package func values(_ name: String) -> [String] {
    var values: [String] = []
    for field in fields where matches(field, name) {
      values.append(String(decoding: bytes[field.value], as: UTF8.self))
    }
    return values
  }

  /// The bytes of the first field of that name.
  package func firstValue(_ name: String) -> ArraySlice<UInt8>? {
    for field in fields where matches(field, name) { return bytes[field.value] }
    return nil
  }

  package func contains(_ name: String) -> Bool { fields.contains { matches($0, name) } }

  /// Is `token` a member of the comma-separated list in the fields of that name? Without regard to case.
  package func contains(_ name: String, token: String) -> Bool {
    var token = token
    return token.withUTF8 { token in
      for field in fields where matches(field, name) {
        var members = ListMembers(field.value)
        while let member = members.next(in: bytes.span) {
          if bytes.span.equals(token, in: member) { return true }
        }
      }
      return false
    }
  }

  /// Adds a field behind those that are there. The bytes that the syntax does not allow (a line break in a value would
  /// forge a field) become a space in a value and a hyphen in a name: check text from outside with `isName` and
  /// `isValue` first, to refuse it instead.
  package mutating func add(_ name: String, _ value: String) {
    let start = bytes.count
    if bytes.capacity == 0 { bytes.reserveCapacity(256) }
    if Self.isName(name) {
      bytes.append(contentsOf: name.utf8)
    } else {
      for byte in name.utf8 { bytes.append(Octet.isToken(byte) ? byte : Octet.hyphen) }
    }
    let middle = bytes.count
    if Self.isValue(value) {
      bytes.append(contentsOf: value.utf8)
    } else {
      for byte in value.utf8 { bytes.append(Octet.isFieldText(byte) ? byte : Octet.space) }
    }
    fields.append(Field(name: start..<middle, value: middle..<bytes.count))
  }

  package mutating func remove(_ name: String) {
    let kept = fields.filter { !matches($0, name) }
    if kept.count < fields.count { fields = kept }
  }

  /// Calls `body` for each field with the bytes of its name, as they were written, and of its value.
  package func forEach<Failure: Error>(
    _ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    for field in fields { try body(bytes[field.name], bytes[field.value]) }
  }

  /// The fields as Strings, in order.
  package var all: [(name: String, value: String)] {
    fields.map { (String(decoding: bytes[$0.name], as: UTF8.self), String(decoding: bytes[$0.value], as: UTF8.self)) }
  }

  /// Is the text a field name (a token)?
  package static func isName(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(Octet.isToken)
  }

  /// Is the text a field value, which has no control character but the tab?
  package static func isValue(_ text: some StringProtocol) -> Bool { text.utf8.allSatisfy(Octet.isFieldText) }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral fields: (String, String)...) {
    self.fields.reserveCapacity(fields.count + 2)
    for (name, value) in fields { add(name, value) }
  }
}

extension HTTPHeaders: Equatable {
  /// The same fields in the same order; case counts in values alone.
  package static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
    left.fields.elementsEqual(right.fields) { first, second in
      left.bytes[first.value].elementsEqual(right.bytes[second.value])
        && left.bytes[first.name].elementsEqual(right.bytes[second.name]) {
          Octet.lowercased($0) == Octet.lowercased($1)
        }
    }
  }
}

extension HTTPHeaders: CustomStringConvertible {
  package var description: String { all.map { "\($0.name): \($0.value)" }.joined(separator: "\n") }
}

extension HTTPHeaders {
  /// Without the blanks at both ends.
  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes
    while let first = bytes.first, Octet.isBlank(first) { bytes = bytes.dropFirst() }
    while let last = bytes.last, Octet.isBlank(last) { bytes = bytes.dropLast() }
    return bytes
  }

  private func matches(_ field: Field, _ name: String) -> Bool {
    guard field.name.count == name.utf8.count else { return false }
    var name = name
    return name.withUTF8 { bytes.span.equals($0, in: field.name) }
  }
}
