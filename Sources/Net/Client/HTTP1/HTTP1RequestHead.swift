import HTTP

/// A request as the bytes that libcurl would send for it: the same lines in the same order.
enum HTTP1RequestHead {
  /// Everything in front of the body.
  static func append(_ transfer: HTTPTransfer, userAgent: [UInt8]?, into bytes: inout [UInt8]) {
    guard let host = transfer.plainHost else { preconditionFailure("a request that is not plain came here") }
    bytes += transfer.request.method.utf8
    bytes.append(0x20)
    appendTarget(transfer.request.url, from: host.urlBytes, to: &bytes)
    if transfer.request.headers.isEmpty, bodyBytes(transfer) == nil {
      bytes += plainTail(of: transfer, host, userAgent)
    } else {
      appendFields(of: transfer, host, userAgent, to: &bytes)
    }
  }

  /// The same for most requests to a host.
  private static func plainTail(of transfer: HTTPTransfer, _ host: PlainHost, _ userAgent: [UInt8]?) -> [UInt8] {
    let known = transfer.request.acceptsCompression ? host.plainTails.compressed : host.plainTails.identity
    if let known { return known }
    var tail: [UInt8] = []
    appendFields(of: transfer, host, userAgent, to: &tail)
    if transfer.request.acceptsCompression {
      host.plainTails.compressed = tail
    } else {
      host.plainTails.identity = tail
    }
    return tail
  }

  private static func appendFields(
    of transfer: HTTPTransfer, _ host: PlainHost, _ userAgent: [UInt8]?, to bytes: inout [UInt8]
  ) {
    append(" HTTP/1.1\r\n", to: &bytes)
    bytes += host.field
    let headers = transfer.request.headers
    if let userAgent, !headers.contains("user-agent") { bytes += userAgent }
    if !headers.contains("accept") { append("Accept: */*\r\n", to: &bytes) }
    if transfer.request.acceptsCompression, !headers.contains("accept-encoding") { bytes += Curl.acceptEncoding }
    append(headers, to: &bytes)
    if let length = bodyBytes(transfer) {
      append("Content-Length: ", to: &bytes)
      bytes += String(length).utf8
      append("\r\n", to: &bytes)
    }
    append("\r\n", to: &bytes)
  }

  private static func bodyBytes(_ transfer: HTTPTransfer) -> Int? {
    if case .bytes(let body) = transfer.request.body { return body.count }
    // A server may wait for a body of no bytes (RFC 9110, section 8.6).
    switch transfer.request.method {
    case "POST", "PUT", "PATCH": return 0
    default: return nil
    }
  }

  private static func appendTarget(_ url: String, from start: Int, to bytes: inout [UInt8]) {
    var url = url
    url.withUTF8 { text in
      let target = text[start...]
      if target.first != UInt8(ascii: "/") { bytes.append(UInt8(ascii: "/")) }
      bytes += target
    }
  }

  /// The framing is the client's own.
  private static func append(_ headers: HTTPHeaders, to bytes: inout [UInt8]) {
    headers.forEach { name, value in
      if name.count == 14, name.elementsEqual("content-length".utf8, by: Self.same) { return }
      if name.count == 17, name.elementsEqual("transfer-encoding".utf8, by: Self.same) { return }
      bytes += name
      append(value.isEmpty ? ":" : ": ", to: &bytes)
      bytes += value
      append("\r\n", to: &bytes)
    }
  }

  private static func same(_ left: UInt8, _ right: UInt8) -> Bool {
    left == right || (left | 0x20 == right && right >= UInt8(ascii: "a") && right <= UInt8(ascii: "z"))
  }

  @inline(__always)
  private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    // The program's own constant: it lives as long as the program.
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
