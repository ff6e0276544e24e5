import CCurl
import Loop

struct BadURL: Error { let text: String }

/// What to dial for a URL, as libcurl reads it.
struct URLParts {
  let scheme: String
  /// In lower case; an international name in its ASCII form; IPv6 without brackets.
  let host: String
  let port: UInt16

  static let webSchemes: Set = ["http", "https"]
  /// Without `socks4` and `socks5`, for which libcurl would look the destination up, with a thread for each transfer.
  static let proxySchemes: Set = ["http", "https", "socks4a", "socks5h"]

  init(_ text: String, schemes: Set<String> = webSchemes) throws(BadURL) {
    guard let url = curl_url() else { fatalError("libcurl has no memory for a URL") }
    defer { curl_url_cleanup(url) }
    let failure = curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME))
    guard failure == CURLUE_OK else { throw BadURL(text: String(cString: curl_url_strerror(failure)).lowercased()) }
    scheme = Self.part(CURLUPART_SCHEME, of: url)?.lowercased() ?? ""
    guard schemes.contains(scheme) else {
      throw BadURL(text: "its scheme \"\(scheme)\" is none of \(schemes.sorted())")
    }
    guard var host = Self.part(CURLUPART_HOST, of: url, UInt32(CURLU_PUNYCODE)), !host.isEmpty,
      let port = Self.part(CURLUPART_PORT, of: url, UInt32(CURLU_DEFAULT_PORT)).flatMap({ UInt16($0) })
    else { throw BadURL(text: "it names no host that can be dialled") }
    if host.first == "[" { host = String(host.dropFirst().dropLast()) }
    self.host = host.lowercased()
    self.port = port
  }

  /// `host:port`, IPv6 in brackets.
  var name: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether dialling needs no name server.
  var isLiteral: Bool {
    host == "localhost" || host.hasSuffix(".localhost") || SocketAddress(ip: host, port: port) != nil
      || host.utf8.contains(UInt8(ascii: ":"))
  }

  /// What to dial where no name server is needed, as libcurl does: `localhost` is both loopback addresses. Empty for an
  /// address with a zone, which only libcurl dials.
  var literalAddresses: [SocketAddress] {
    if let address = SocketAddress(ip: host, port: port) { return [address] }
    guard isLiteral, !host.utf8.contains(UInt8(ascii: ":")) else { return [] }
    return ["::1", "127.0.0.1"].compactMap { SocketAddress(ip: $0, port: port) }
  }

  /// Where a `Location` of an answer to a request of `base` leads (RFC 9110, section 10.2.2); nil when it cannot be
  /// read. Spaces and bytes beyond ASCII, which some servers send as they are, are percent-encoded.
  static func resolve(_ location: String, against base: String) -> String? {
    guard let url = curl_url() else { fatalError("libcurl has no memory for a URL") }
    defer { curl_url_cleanup(url) }
    let flags = UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE | CURLU_ALLOW_SPACE)
    guard curl_url_set(url, CURLUPART_URL, base, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK,
      curl_url_set(url, CURLUPART_URL, location, flags) == CURLUE_OK
    else { return nil }
    return part(CURLUPART_URL, of: url)
  }

  private static func part(_ part: CURLUPart, of url: OpaquePointer, _ flags: UInt32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?  // Freed below.
    guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
