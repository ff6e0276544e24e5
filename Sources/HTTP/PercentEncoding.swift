/// RFC 3986, section 2.1.
package enum PercentEncoding {
  /// A percent sign without two hexadecimal digits stands for itself. The result is what was meant, whatever it is: not
  /// UTF-8, or control characters.
  package static func decoded(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var rest = bytes.makeIterator()
    // A lookahead that turned out to be no escape is read again.
    var pushedBack: [UInt8] = []
    while let byte = pushedBack.popLast() ?? rest.next() {
      guard byte == Octet.percent else {
        decoded.append(byte == Octet.plus && plusIsSpace ? Octet.space : byte)
        continue
      }
      let first = pushedBack.popLast() ?? rest.next()
      let second = first == nil ? nil : pushedBack.popLast() ?? rest.next()
      if let high = first.flatMap(Octet.hexValue), let low = second.flatMap(Octet.hexValue) {
        decoded.append(high << 4 | low)
      } else {
        decoded.append(byte)
        if let second { pushedBack.append(second) }
        if let first { pushedBack.append(first) }
      }
    }
    return decoded
  }

  /// Everything but letters, digits and `-._~` becomes `%XX`: safe in a path segment and in a query.
  package static func encoded(_ text: some StringProtocol) -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      if Octet.isLetter(byte) || Octet.isDigit(byte) || "-._~".utf8.contains(byte) {
        encoded.append(byte)
      } else {
        encoded += escape(byte)
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  static func escape(_ byte: UInt8) -> [UInt8] {
    func digit(_ value: UInt8) -> UInt8 { value < 10 ? Octet.zero + value : UInt8(ascii: "A") + value - 10 }
    return [Octet.percent, digit(byte >> 4), digit(byte & 15)]
  }
}
