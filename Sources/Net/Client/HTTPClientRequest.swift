package import HTTP

/// One request, and how long, how much and by what way it may take.
package struct HTTPClientRequest: Sendable {
  package enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// Bytes that are still being made; they are sent as they come.
    case upload(HTTPUpload)
  }

  package enum VersionPolicy: Sendable {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    case automatic
    case http1
    /// HTTP/2 at once, without TLS too. libcurl 7.88 breaks such a connection when more is asked of it at once than the
    /// server takes; `automatic` is not concerned.
    case http2
  }

  package var method: String
  package var url: String
  /// Sent as they are. `Content-Length` and `Transfer-Encoding` are left out: the framing is the client's.
  package var headers: HTTPHeaders
  package var body: Body

  /// From `start` to the last byte, with every wait and redirect; nil: as long as it takes.
  package var timeout: Duration? = .seconds(60)
  /// From dialling to the end of the TLS handshake, for each redirect anew. Ends with the code `connect`.
  package var connectTimeout: Duration = .seconds(10)
  /// The longest silence: neither a byte received nor one sent. For answers that last. Not counted while paused.
  package var idleTimeout: Duration?
  package var followsRedirects = true
  package var maxRedirects = 10
  /// Of the decoded body, so that a compressed one cannot swell. nil: `ClientLimits.collectedBytes` for `fetch`, no
  /// limit for a streamed answer.
  package var maxBodyBytes: Int?
  /// `http://`, `https://`, `socks4a://` or `socks5h://` and `host:port`; nil: none, whatever the environment says.
  package var proxy: String?
  package var verifiesTLS = true
  /// Asks for a compressed answer and decodes it. When false, a compressed answer comes as it is.
  package var acceptsCompression = false
  package var version = VersionPolicy.automatic
  package var cookies: CookieJar?
  /// Whether the request may be sent a second time when a kept-alive connection turns out to be dead after it was
  /// sent; nil: as RFC 9110, section 9.2.2, says of its method.
  package var isIdempotent: Bool?

  package init(
    _ url: String, method: String = "GET", headers: HTTPHeaders = [:], body: Body = .none
  ) {
    (self.url, self.method, self.headers, self.body) = (url, method, headers, body)
  }

  var mayBeSentTwice: Bool {
    if case .upload = body { return false }
    return isIdempotent ?? HTTPMethod.isIdempotent(method)
  }
}
