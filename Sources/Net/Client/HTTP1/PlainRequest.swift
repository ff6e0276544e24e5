import HTTP

/// Which requests the loop's own engine takes: a plain one, whose answer will mostly be plain too.
///
/// Everything else is libcurl's. So is an answer that turns out not to be plain (see `CurlRelay`); an origin that gave
/// one is remembered, so that the next request of its kind goes to libcurl at once.
enum PlainRequest {
  static func holds(for transfer: HTTPTransfer, at origin: Origin) -> Bool {
    guard let host = transfer.plainHost, !origin.socketAddresses.isEmpty else { return false }
    guard transfer.request.version != .http2, transfer.request.method != "CONNECT" else { return false }
    if case .upload = transfer.request.body { return false }
    if let cookies = transfer.request.cookies, origin.setsCookies || !cookies.isEmpty { return false }
    if transfer.request.acceptsCompression, origin.compresses { return false }
    return isPlain(transfer.request.headers) && isPlainPath(of: transfer.request.url, from: host.urlBytes)
  }

  /// Fields that change how a message is sent or read, or that libcurl has its own say about.
  private static let special = [
    "host", "connection", "proxy-connection", "keep-alive", "expect", "upgrade", "te", "trailer",
  ]

  private static func isPlain(_ headers: HTTPHeaders) -> Bool {
    headers.isEmpty || !special.contains { headers.contains($0) }
  }

  /// A path, a query, or nothing, that libcurl sends as it is written: it takes dot segments out, cuts a fragment off,
  /// and refuses spaces.
  private static func isPlainPath(of url: String, from start: Int) -> Bool {
    var url = url
    return url.withUTF8 { bytes in
      var previous: UInt8 = 0
      for place in start..<bytes.count {
        let byte = bytes[place]
        guard byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "#"), byte != UInt8(ascii: "\\") else { return false }
        if byte == UInt8(ascii: "."), previous == UInt8(ascii: "/") { return false }
        previous = byte
      }
      return true
    }
  }
}
