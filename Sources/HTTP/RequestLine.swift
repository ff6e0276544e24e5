/// `method SP request-target SP HTTP-version`: RFC 9112, section 3.
struct RequestLine: Sendable {
  let method: ByteRange
  let target: ByteRange
  let version: HTTPVersion
  let path: ByteRange
  let query: ByteRange
  /// An absolute form's authority, which counts instead of Host's.
  let authority: ByteRange?

  init(_ span: Span<UInt8>, _ line: Range<Int>) throws(HTTPError) {
    var place = line.lowerBound
    while place < line.upperBound, Octet.isToken(span[place]) { place += 1 }
    guard place > line.lowerBound, place < line.upperBound, span[place] == Octet.space else {
      throw .malformed("the request line does not begin with a method and a space")
    }
    let method = line.lowerBound..<place
    let targetStart = place + 1
    place = targetStart
    // Visible ASCII alone, and no '#': a fragment is the client's own.
    while place < line.upperBound, span[place] > 0x20, span[place] < 0x7f, span[place] != UInt8(ascii: "#") {
      place += 1
    }
    guard place > targetStart, place < line.upperBound, span[place] == Octet.space else {
      throw .malformed("the request target is empty or holds a character that must be percent-encoded")
    }
    let target = targetStart..<place
    version = try HTTPVersion(span, place + 1..<line.upperBound)
    let parts = try Self.split(span, target, method: method)
    self.method = ByteRange(method)
    self.target = ByteRange(target)
    path = ByteRange(parts.path)
    query = ByteRange(parts.query)
    authority = parts.authority.map(ByteRange.init)
  }

  private typealias Parts = (path: Range<Int>, query: Range<Int>, authority: Range<Int>?)

  private static func split(
    _ span: Span<UInt8>, _ target: Range<Int>, method: Range<Int>
  ) throws(HTTPError) -> Parts {
    let empty = target.upperBound..<target.upperBound
    if span.equals("CONNECT", in: method) {
      guard isAuthority(span, target) else { throw .malformed("the target of CONNECT is not host:port") }
      return (empty, empty, target)
    }
    if span[target.lowerBound] == Octet.slash {
      let (path, query) = pathAndQuery(span, target)
      return (path, query, nil)
    }
    if target.count == 1, span[target.lowerBound] == UInt8(ascii: "*"), span.equals("OPTIONS", in: method) {
      return (empty, empty, nil)
    }
    guard let start = authorityStart(span, target) else {
      throw .malformed("the request target is neither a path nor an http URL")
    }
    var end = start
    while end < target.upperBound, span[end] != Octet.slash, span[end] != Octet.question { end += 1 }
    guard isAuthority(span, start..<end) else { throw .malformed("the request target's host is malformed") }
    let (path, query) = pathAndQuery(span, end..<target.upperBound)
    return (path, query, start..<end)
  }

  private static func pathAndQuery(_ span: Span<UInt8>, _ range: Range<Int>) -> (Range<Int>, Range<Int>) {
    var mark = range.lowerBound
    while mark < range.upperBound, span[mark] != Octet.question { mark += 1 }
    return (range.lowerBound..<mark, min(mark + 1, range.upperBound)..<range.upperBound)
  }

  /// Behind `http://` or `https://`.
  private static func authorityStart(_ span: Span<UInt8>, _ target: Range<Int>) -> Int? {
    for scheme: StaticString in ["http://", "https://"] {
      let count = scheme.utf8CodeUnitCount
      guard target.count > count else { continue }
      if span.equals(scheme, in: target.lowerBound..<target.lowerBound + count) { return target.lowerBound + count }
    }
    return nil
  }

  /// `host [ ":" port ]`, without user names: what Host may hold, except nothing.
  static func isAuthority(_ span: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var place = range.lowerBound
    guard place < range.upperBound else { return false }
    if span[place] == UInt8(ascii: "[") {
      while place < range.upperBound, span[place] != UInt8(ascii: "]") {
        guard span[place] > 0x20, span[place] < 0x7f else { return false }
        place += 1
      }
      guard place < range.upperBound else { return false }
      place += 1
    } else {
      while place < range.upperBound, isNameByte(span[place]) { place += 1 }
      guard place > range.lowerBound else { return false }
    }
    guard place < range.upperBound else { return true }
    guard span[place] == Octet.colon else { return false }
    place += 1
    while place < range.upperBound, Octet.isDigit(span[place]) { place += 1 }
    return place == range.upperBound
  }

  /// RFC 3986's reg-name: unreserved, percent-encoded, sub-delims; no comma, by which two hosts would pass as one.
  /// One bit for each ASCII byte.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    let mask: UInt64 = byte < 64 ? 0x2bff_6ff2_0000_0000 : 0x47ff_fffe_87ff_fffe
    return byte < 128 && mask >> UInt64(byte & 63) & 1 == 1
  }
}
