/// A response's status line and header fields.
package struct HTTPResponseHead: Sendable {
  package let status: Int
  /// What the server called the status; often empty, and meaning nothing.
  package let reason: String
  package let version: HTTPVersion
  package let headers: HTTPHeaders
  package let framing: HTTPFraming
  /// May another request be sent on this connection once the body has ended?
  package let keepsAlive: Bool

  /// The whole head as it came, status line and empty line included; folded lines alone are mended.
  package var bytes: [UInt8] { headers.bytes }
}

/// `HTTP-version SP status-code SP [ reason-phrase ]`: RFC 9112, section 4. The last space may be missing, too.
struct StatusLine: Sendable {
  let version: HTTPVersion
  let status: Int
  let reason: Range<Int>

  fileprivate init(version: HTTPVersion, status: Int) { (self.version, self.status, reason) = (version, status, 0..<0) }

  init(_ span: Span<UInt8>, _ line: Range<Int>) throws(HTTPError) {
    let start = line.lowerBound
    guard line.count >= 12, span[start + 8] == Octet.space, (9..<12).allSatisfy({ Octet.isDigit(span[start + $0]) })
    else { throw .malformed("the status line is not of the form HTTP/1.1 200 OK") }
    version = try HTTPVersion(span, start..<start + 8)
    // As libcurl has it, which reads the responses that are not plain.
    guard span[start + 7] <= Octet.zero + 1 else { throw .malformed("the version is later than HTTP/1.1") }
    status = (9..<12).reduce(0) { $0 * 10 + Int(span[start + $1] &- Octet.zero) }
    guard status >= 100 else { throw .malformed("the status is below 100") }
    guard line.count == 12 || span[start + 12] == Octet.space else {
      throw .malformed("the status is not three digits")
    }
    reason = min(start + 13, line.upperBound)..<line.upperBound
    for place in reason where !Octet.isFieldText(span[place]) {
      throw .malformed("the reason phrase holds a control character")
    }
  }

  /// RFC 9112, section 6.3, for the response to a request of that method.
  func head(_ headers: HTTPHeaders, requestMethod: String) throws(HTTPError) -> HTTPResponseHead {
    let fields = try FramingFields(headers, allowsRepeatedLength: true)
    let framing = try framing(fields, requestMethod)
    let isPersistent = !fields.closes && (version == .http11 || fields.keepsAlive)
    return HTTPResponseHead(
      status: status, reason: String(decoding: headers.bytes[reason], as: UTF8.self), version: version,
      headers: headers, framing: framing, keepsAlive: isPersistent && framing != .untilClose)
  }

  fileprivate func framing(_ fields: FramingFields, _ requestMethod: String) throws(HTTPError) -> HTTPFraming {
    if requestMethod == "HEAD" || status < 200 || status == 204 || status == 304 { return .none }
    if requestMethod == "CONNECT", status < 300 { return .none }
    if fields.hasTransferEncoding {
      guard fields.contentLength == nil else { throw .lengthAndCoding }
      try fields.checkChunked()
      return .chunked
    }
    guard let length = fields.contentLength else { return .untilClose }
    return length == 0 ? .none : .length(length)
  }
}

extension HTTPResponseHead {
  /// Of a response that another parser has read: what this one would find wrong with its framing.
  package static func check(framing headers: HTTPHeaders, status: Int, requestMethod: String) throws(HTTPError) {
    let line = StatusLine(version: .http11, status: status)
    _ = try line.framing(try FramingFields(headers, allowsRepeatedLength: true), requestMethod)
  }
}
