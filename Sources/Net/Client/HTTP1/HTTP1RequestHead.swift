import HTTP

/// A request as the bytes that libcurl would send for it: the same lines in the same order.
enum HTTP1RequestHead {
  static func append(
    _ request: HTTPClientRequest, to host: PlainHost, userAgent: [UInt8]?, bodyBytes: Int?,
    into bytes: inout [UInt8]
  ) {
    bytes += request.method.utf8
    bytes.append(0x20)
    appendTarget(request.url, from: host.urlBytes, to: &bytes)
    append(" HTTP/1.1\r\n", to: &bytes)
    bytes += host.field
    let headers = request.headers
    if let userAgent, headers.isEmpty || !headers.contains("user-agent") { bytes += userAgent }
    if headers.isEmpty || !headers.contains("accept") { append("Accept: */*\r\n", to: &bytes) }
    if request.acceptsCompression, !headers.contains("accept-encoding") { bytes += Curl.acceptEncoding }
    if !headers.isEmpty { append(headers, to: &bytes) }
    if let bodyBytes {
      append("Content-Length: ", to: &bytes)
      bytes += String(bodyBytes).utf8
      append("\r\n", to: &bytes)
    }
    append("\r\n", to: &bytes)
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
