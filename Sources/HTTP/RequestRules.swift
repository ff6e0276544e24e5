/// What a request's fields must be for its end to be beyond doubt: RFC 9112, sections 3.2, 6 and 9.3.
enum RequestRules {
  static func head(
    _ line: RequestLine, _ headers: HTTPHeaders, _ limits: HTTPLimits
  ) throws(HTTPError) -> HTTPRequestHead {
    let fields = try FramingFields(headers, allowsRepeatedLength: false)
    try checkHost(fields, headers, line.version)
    let framing = try framing(fields, line.version)
    if case .length(let length) = framing, length > limits.bodyBytes { throw .bodyTooLarge }
    return HTTPRequestHead(
      headers: headers, version: line.version, framing: framing,
      keepsAlive: !fields.closes && (line.version == .http11 || fields.keepsAlive),
      expectsContinue: try expectsContinue(fields, headers, line.version, framing),
      methodRange: line.method, targetRange: line.target, pathRange: line.path, queryRange: line.query,
      authorityRange: line.authority ?? fields.host.map { ByteRange($0.value) })
  }

  private static func checkHost(
    _ fields: FramingFields, _ headers: HTTPHeaders, _ version: HTTPVersion
  ) throws(HTTPError) {
    guard let host = fields.host else {
      if version == .http10 { return }
      throw .malformed("the request has no Host field")
    }
    guard fields.hostCount == 1 else { throw .malformed("the request has more than one Host field") }
    guard host.value.isEmpty || RequestLine.isAuthority(headers.bytes.span, host.value) else {
      throw .malformed("the Host field is not host or host:port")
    }
  }

  private static func framing(_ fields: FramingFields, _ version: HTTPVersion) throws(HTTPError) -> HTTPFraming {
    guard fields.hasTransferEncoding else {
      guard let length = fields.contentLength else { return .none }
      return length == 0 ? .none : .length(length)
    }
    // Section 6.1: an HTTP/1.0 sender cannot have meant it, and a proxy in front may have read over it.
    guard version == .http11 else { throw .malformed("Transfer-Encoding is not for HTTP/1.0") }
    guard fields.contentLength == nil else { throw .lengthAndCoding }
    try fields.checkChunked()
    return .chunked
  }

  private static func expectsContinue(
    _ fields: FramingFields, _ headers: HTTPHeaders, _ version: HTTPVersion, _ framing: HTTPFraming
  ) throws(HTTPError) -> Bool {
    guard let expectation = fields.expectation, version == .http11 else { return false }
    guard headers.bytes.span.equals("100-continue", in: expectation.value) else {
      throw HTTPError(status: 417, reason: "the only expectation that can be met is 100-continue")
    }
    return framing != .none
  }
}
