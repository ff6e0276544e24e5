/// A URL's beginning, `http://host:port`, that is written in the one way in which libcurl would write it too: only such
/// requests are the loop's own engine's, so that both send the same bytes.
final class PlainHost {
  /// How much of the URL it is.
  let urlBytes: Int
  /// The `Host` line.
  let field: [UInt8]
  /// What stands behind the target of a request without fields and body of its own; with compression, and without. Made
  /// at the first such request.
  var plainTails: (compressed: [UInt8]?, identity: [UInt8]?)

  /// Nil for TLS, user names, other spellings of an address or a port, and names that are not plain ASCII.
  init?(prefix: String, _ parts: URLParts) {
    guard parts.scheme == "http" else { return nil }
    let host = parts.host.utf8.contains(UInt8(ascii: ":")) ? "[\(parts.host)]" : parts.host
    let authority = parts.port == 80 ? host : "\(host):\(parts.port)"
    guard prefix == "http://\(authority)" || prefix == "http://\(host):80" && parts.port == 80 else { return nil }
    // A last dot names the same host, and libcurl has its own mind about it.
    guard host.utf8.last != UInt8(ascii: "."), host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
    urlBytes = prefix.utf8.count
    field = Array("Host: \(authority)\r\n".utf8)
  }
}
