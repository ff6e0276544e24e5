/// The versions that share HTTP/1's syntax; a minor version above 1 is spoken to as 1.1 (RFC 9112, section 2.3).
package enum HTTPVersion: Sendable, Equatable {
  case http10, http11

  /// Takes `HTTP/1.x`; 400 for what is no version, 505 for another major one.
  init(_ span: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) {
    let start = range.lowerBound
    guard range.count == 8, Self.prefixMatches(span, start), Octet.isDigit(span[start + 5]),
      span[start + 6] == Octet.dot, Octet.isDigit(span[start + 7])
    else { throw .malformed("the start line has no protocol version of the form HTTP/1.1") }
    guard span[start + 5] == UInt8(ascii: "1") else {
      throw HTTPError(status: 505, reason: "only HTTP/1.1 and HTTP/1.0 are spoken here")
    }
    self = span[start + 7] == Octet.zero ? .http10 : .http11
  }

  private static func prefixMatches(_ span: Span<UInt8>, _ start: Int) -> Bool {
    span[start] == UInt8(ascii: "H") && span[start + 1] == UInt8(ascii: "T") && span[start + 2] == UInt8(ascii: "T")
      && span[start + 3] == UInt8(ascii: "P") && span[start + 4] == Octet.slash
  }
}
