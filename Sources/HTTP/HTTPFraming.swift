/// Where a message's body ends: RFC 9112, section 6.3.
package enum HTTPFraming: Sendable, Equatable {
  case none
  case length(Int)
  case chunked
  /// Responses alone: with the connection.
  case untilClose

  /// How to answer a request with a body whose length is not known: chunked, or with the connection's end for 1.0.
  package static func stream(for version: HTTPVersion) -> HTTPFraming { version == .http10 ? .untilClose : .chunked }
}

/// What a message's fields say of its framing and its connection, gathered in one pass.
struct FramingFields {
  private(set) var contentLength: Int?
  private(set) var hasTransferEncoding = false
  private var chunkedCount = 0
  private var hasOtherCoding = false
  private(set) var hosts: [HTTPHeaders.Field] = []
  private(set) var closes = false
  private(set) var keepsAlive = false
  private(set) var expectation: HTTPHeaders.Field?

  /// A response may repeat one and the same Content-Length; a request may not, as a proxy may have read another one.
  init(_ headers: HTTPHeaders, allowsRepeatedLength: Bool) throws(HTTPError) {
    for field in headers.fields {
      let name = headers.bytes[field.name]
      // Told apart by their lengths first, so that other fields cost a comparison of numbers.
      switch field.name.count {
      case 4 where HTTPHeaders.equalsIgnoringCase(name, "host"): hosts.append(field)
      case 6 where HTTPHeaders.equalsIgnoringCase(name, "expect"): expectation = field
      case 10 where HTTPHeaders.equalsIgnoringCase(name, "connection"): addConnection(headers.bytes[field.value])
      case 14 where HTTPHeaders.equalsIgnoringCase(name, "content-length"):
        try addLength(headers.bytes[field.value], allowsRepeated: allowsRepeatedLength)
      case 17 where HTTPHeaders.equalsIgnoringCase(name, "transfer-encoding"):
        try addCodings(headers.bytes[field.value])
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

  private mutating func addConnection(_ value: ArraySlice<UInt8>) {
    for member in value.split(separator: Octet.comma) {
      let option = HTTPHeaders.trimmed(member)
      if HTTPHeaders.equalsIgnoringCase(option, "close") { closes = true }
      if HTTPHeaders.equalsIgnoringCase(option, "keep-alive") { keepsAlive = true }
    }
  }

  private mutating func addLength(_ value: ArraySlice<UInt8>, allowsRepeated: Bool) throws(HTTPError) {
    guard let first = value.first, Octet.isDigit(first) else {
      throw .malformed("Content-Length is not a number of bytes")
    }
    for member in value.split(separator: Octet.comma, omittingEmptySubsequences: false) {
      let length = try Self.length(HTTPHeaders.trimmed(member))
      guard contentLength == nil || allowsRepeated && contentLength == length else {
        throw .malformed("the message has more than one Content-Length")
      }
      contentLength = length
    }
  }

  private static func length(_ digits: ArraySlice<UInt8>) throws(HTTPError) -> Int {
    var length = 0
    guard !digits.isEmpty else { throw .malformed("Content-Length is not a number of bytes") }
    for byte in digits {
      guard Octet.isDigit(byte) else { throw .malformed("Content-Length is not a number of bytes") }
      let (product, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, overflowed) = product.addingReportingOverflow(Int(byte &- Octet.zero))
      if overflow || overflowed { throw .bodyTooLarge }
      length = sum
    }
    return length
  }

  private mutating func addCodings(_ value: ArraySlice<UInt8>) throws(HTTPError) {
    hasTransferEncoding = true
    for member in value.split(separator: Octet.comma, omittingEmptySubsequences: false) {
      let coding = HTTPHeaders.trimmed(member)
      guard !coding.isEmpty else { throw .malformed("Transfer-Encoding has an empty member") }
      if HTTPHeaders.equalsIgnoringCase(coding, "chunked") { chunkedCount += 1 } else { hasOtherCoding = true }
    }
  }
}
