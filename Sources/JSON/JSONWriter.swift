/// Writes JSON into bytes, with the commas where they belong.
///
///     var writer = JSONWriter()
///     writer.object {
///       $0.member("index", 7)
///       $0.member("args") { $0.array { $0.string("a") } }
///     }
///
/// What it writes has no line break, so that a value is a line of NDJSON after `endLine()`.
package struct JSONWriter: Sendable {
  package var bytes: [UInt8] = []
  /// A value was written where the next one needs a comma.
  private var follows = false

  package init() {}

  /// Continues behind what the bytes hold already.
  package init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

  package mutating func object<Failure: Error>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    begin()
    bytes.append(ASCII.openBrace)
    follows = false
    try body(&self)
    bytes.append(ASCII.closeBrace)
    follows = true
  }

  package mutating func array<Failure: Error>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    begin()
    bytes.append(ASCII.openBracket)
    follows = false
    try body(&self)
    bytes.append(ASCII.closeBracket)
    follows = true
  }

  /// A member's name; exactly one value must follow.
  ///
  /// Disfavoured, as all that take such names: a literal, which needs no look for what must be escaped, is else taken
  /// for a String.
  @_disfavoredOverload
  package mutating func key(_ name: String) {
    begin()
    quote(name)
    bytes.append(ASCII.colon)
    follows = false
  }

  /// The same for a literal, which must hold nothing that is to be escaped.
  package mutating func key(_ name: StaticString) {
    begin()
    bytes.append(ASCII.quote)
    // The program's own constant: it lives as long as the program.
    bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(ASCII.quote)
    bytes.append(ASCII.colon)
    follows = false
  }

  package mutating func string(_ value: String) {
    begin()
    quote(value)
    follows = true
  }

  package mutating func int(_ value: some BinaryInteger & CustomStringConvertible) {
    begin()
    bytes.append(contentsOf: value.description.utf8)
    follows = true
  }

  package mutating func int(_ value: Int) {
    begin()
    DecimalText.append(value, to: &bytes)
    follows = true
  }

  /// The shortest text that reads back as the same double; a whole one without `.0`. JSON has no word for infinity and
  /// not-a-number: they become `null`.
  package mutating func double(_ value: Double) {
    begin()
    if DecimalText.append(value, to: &bytes) { follows = true } else { floating(value) }
  }

  /// As `double`, with the fewer digits that a Float needs.
  package mutating func float(_ value: Float) {
    begin()
    floating(value)
  }

  package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  package mutating func null() { raw("null") }

  /// The value's own bytes, without their line breaks: a checked value holds those only where they mean nothing.
  package mutating func value(_ value: JSONValue) {
    begin()
    if value.isOneLine {
      bytes.append(contentsOf: value.bytes)
    } else {
      for byte in value.bytes where byte != 0x0a && byte != 0x0d { bytes.append(byte) }
    }
    follows = true
  }

  /// Bytes that are one JSON value already, as they are.
  package mutating func raw(_ value: some Collection<UInt8>) {
    begin()
    bytes.append(contentsOf: value)
    follows = true
  }

  package mutating func raw(_ value: ArraySlice<UInt8>) {
    begin()
    bytes.append(contentsOf: value)
    follows = true
  }

  /// Text that is one JSON value already, as it is.
  package mutating func raw(_ value: StaticString) {
    raw(UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  /// Ends a line of NDJSON; the next value stands by itself.
  package mutating func endLine() {
    bytes.append(0x0a)
    follows = false
  }

  private mutating func begin() {
    if follows { bytes.append(ASCII.comma) }
  }

  private mutating func floating(_ value: some BinaryFloatingPoint & LosslessStringConvertible) {
    bytes.append(contentsOf: value.isFinite ? value.description.utf8 : "null".utf8)
    if bytes.suffix(2).elementsEqual([ASCII.dot, ASCII.zero]) { bytes.removeLast(2) }
    follows = true
  }

  private mutating func quote(_ text: String) {
    var text = text
    bytes.append(ASCII.quote)
    text.withUTF8 { utf8 in
      var start = 0
      var place = 0
      while true {
        place = Grammar.plainRun(utf8.span, from: place)
        guard place < utf8.count else { break }
        if utf8[place] < 0x80 {
          bytes.append(contentsOf: utf8[start..<place])
          escape(utf8[place])
          start = place + 1
        }
        place += 1
      }
      bytes.append(contentsOf: utf8[start...])
    }
    bytes.append(ASCII.quote)
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(ASCII.backslash)
    switch byte {
    case ASCII.quote, ASCII.backslash: bytes.append(byte)
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x0c: bytes.append(UInt8(ascii: "f"))
    case 0x0a: bytes.append(UInt8(ascii: "n"))
    case 0x0d: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    default:
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(byte < 0x10 ? ASCII.zero : UInt8(ascii: "1"))
      let digit = byte & 0xf
      bytes.append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
