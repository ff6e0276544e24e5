/// What a message's fields say of its framing and its connection, gathered in one pass.
struct FramingFields {
  private(set) var contentLength: Int?
  private(set) var hasTransferEncoding = false
  private var chunkedCount = 0
  private var hasOtherCoding = false
  private(set) var host: HTTPHeaders.Field?
  private(set) var hostCount = 0
  private(set) var closes = false
  private(set) var keepsAlive = false
  private(set) var expectation: HTTPHeaders.Field?

  /// A response may repeat one and the same Content-Length; a request may not, as a proxy may have read another one.
  init(_ headers: HTTPHeaders, allowsRepeatedLength: Bool) throws(HTTPError) {
    let span = headers.bytes.span
    for field in headers.fields {
      // Told apart by their lengths first, so that other fields cost a comparison of numbers.
      switch field.name.count {
      case 4 where span.equals("host", in: field.name):
        host = host ?? field
        hostCount += 1
      case 6 where span.equals("expect", in: field.name): expectation = field
      case 10 where span.equals("connection", in: field.name): addConnection(span, field.value)
      case 14 where span.equals("content-length", in: field.name):
        try addLength(span, field.value, allowsRepeated: allowsRepeatedLength)
      case 17 where span.equals("transfer-encoding", in: field.name): try addCodings(span, field.value)
      default: break
      }
    }
  }

  /// Throws unless the fields of Transfer-Encoding name `chunked`, once, and nothing else.
  func checkChunked() throws(HTTPError) {
    guard !hasOtherCoding else {
      throw HTTPError(status: 501, reason: "the only transfer coding known here is chunked")
    }
    guard chunkedCount == 1 else { throw .malformed("chunked is named more than once in Transfer-Encoding") }
  }

  private mutating func addConnection(_ span: Span<UInt8>, _ value: Range<Int>) {
    var members = ListMembers(value)
    while let option = members.next(in: span) {
      if span.equals("close", in: option) { closes = true }
      if span.equals("keep-alive", in: option) { keepsAlive = true }
    }
  }

  private mutating func addLength(
    _ span: Span<UInt8>, _ value: Range<Int>, allowsRepeated: Bool
  ) throws(HTTPError) {
    var members = ListMembers(value)
    while let member = members.next(in: span) {
      let length = try Self.length(span, member)
      guard contentLength == nil || allowsRepeated && contentLength == length else {
        throw .malformed("the message has more than one Content-Length")
      }
      contentLength = length
    }
  }

  private static func length(_ span: Span<UInt8>, _ digits: Range<Int>) throws(HTTPError) -> Int {
    var length = 0
    guard !digits.isEmpty else { throw .malformed("Content-Length is not a number of bytes") }
    for place in digits {
      guard Octet.isDigit(span[place]) else { throw .malformed("Content-Length is not a number of bytes") }
      let (product, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, overflowed) = product.addingReportingOverflow(Int(span[place] &- Octet.zero))
      if overflow || overflowed { throw .bodyTooLarge }
      length = sum
    }
    return length
  }

  private mutating func addCodings(_ span: Span<UInt8>, _ value: Range<Int>) throws(HTTPError) {
    hasTransferEncoding = true
    var members = ListMembers(value)
    while let coding = members.next(in: span) {
      guard !coding.isEmpty else { throw .malformed("Transfer-Encoding has an empty member") }
      if span.equals("chunked", in: coding) { chunkedCount += 1 } else { hasOtherCoding = true }
    }
  }
}

/// The members of a comma-separated field value, blanks around them left off, empty ones included.
struct ListMembers {
  private var place: Int?
  private let end: Int

  init(_ value: Range<Int>) { (place, end) = (value.lowerBound, value.upperBound) }

  mutating func next(in span: Span<UInt8>) -> Range<Int>? {
    guard var start = place else { return nil }
    var comma = start
    while comma < end, span[comma] != Octet.comma { comma += 1 }
    place = comma < end ? comma + 1 : nil
    var last = comma
    while start < last, Octet.isBlank(span[start]) { start += 1 }
    while last > start, Octet.isBlank(span[last - 1]) { last -= 1 }
    return start..<last
  }
}

extension Span<UInt8> {
  /// Are the bytes there the text, letters' case aside?
  @inline(__always)
  func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
    // The program's own constant: it lives as long as the program.
    equals(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), in: range)
  }

  @inline(__always)
  func equals(_ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Bool {
    guard range.count == text.count else { return false }
    for step in 0..<text.count
    where Octet.lowercased(self[range.lowerBound + step]) != Octet.lowercased(text[step]) { return false }
    return true
  }
}
