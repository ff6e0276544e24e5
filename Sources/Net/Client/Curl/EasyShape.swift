import CCurl
import Clockwork

/// The options that two requests mostly share: a pooled handle that has them already is not set up again.
struct EasyShape: Equatable {
  enum Method: Equatable {
    case get, head, post
    /// Any other, sent with or without a body.
    case other(String, hasBody: Bool)
  }

  var method: Method
  var proxy: String?
  var version: HTTPClientRequest.VersionPolicy
  var connectMilliseconds: Int
  var verifiesTLS: Bool
  var acceptsCompression: Bool
  var usesCookies: Bool
  /// Rather shares a connection that another request is opening just now, once it is known to take several at a time,
  /// than opening one of its own. Only where TLS negotiates that: elsewhere it would wait in vain.
  var mayShareConnection: Bool

  init(_ request: HTTPClientRequest) {
    let hasBody = if case .none = request.body { false } else { true }
    method =
      switch request.method {
      case "GET" where !hasBody: .get
      case "HEAD": .head
      case "POST": .post
      // With a body of no bytes: a server may wait for one (RFC 9110, section 8.6).
      case "PUT", "PATCH": .other(request.method, hasBody: true)
      default: .other(request.method, hasBody: hasBody)
      }
    proxy = request.proxy
    version = request.version
    connectMilliseconds = max(1, Int(clamping: request.connectTimeout.inNanoseconds / 1_000_000))
    verifiesTLS = request.verifiesTLS
    acceptsCompression = request.acceptsCompression
    usesCookies = request.cookies != nil
    mayShareConnection = request.version == .automatic && Self.isOverTLS(request.url)
  }

  private static func isOverTLS(_ url: String) -> Bool {
    // Letters and a colon differ from their capitals by one bit, or by none.
    url.utf8.count > 6 && zip(url.utf8, "https:".utf8).allSatisfy { $0 | 0x20 == $1 }
  }

  var hasBody: Bool {
    switch method {
    case .get, .head: false
    case .post: true
    case .other(_, let hasBody): hasBody
    }
  }

  /// Sets a handle up from nothing.
  func apply(to handle: EasyHandle, _ configuration: HTTPClientConfiguration) {
    let easy = handle.easy
    // A reset keeps the list of cookie files, and a handle without a jar would make itself one from it.
    shim_set_string(easy, CURLOPT_COOKIEFILE, nil)
    curl_easy_reset(easy)
    handle.setUpCallbacks()
    shim_set_long(easy, CURLOPT_NOSIGNAL, 1)
    shim_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    shim_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    // The client itself looks names up and says when they are stale. With any other value libcurl walks through its
    // whole cache after every transfer.
    shim_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1)
    // A peer whose machine has vanished is noticed on an answer that lasts.
    shim_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    shim_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connectMilliseconds)
    // Both keep libcurl from looking for proxies, or for exceptions from them, in the environment.
    shim_set_string(easy, CURLOPT_NOPROXY, proxy == nil ? "*" : "")
    shim_set_string(easy, CURLOPT_PROXY, proxy)
    if let userAgent = configuration.userAgent { shim_set_string(easy, CURLOPT_USERAGENT, userAgent) }
    if let file = configuration.authoritiesFile { shim_set_string(easy, CURLOPT_CAINFO, file) }
    if !verifiesTLS {
      shim_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
      shim_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    }
    // An empty list stands for every coding that this libcurl was built with.
    if acceptsCompression { shim_set_string(easy, CURLOPT_ACCEPT_ENCODING, "") }
    // No file: what turns a handle's cookies on, which a shared jar alone does not.
    if usesCookies { shim_set_string(easy, CURLOPT_COOKIEFILE, "") }
    shim_set_long(easy, CURLOPT_HTTP_VERSION, Int(versionOption))
    if mayShareConnection { shim_set_long(easy, CURLOPT_PIPEWAIT, 1) }
    applyMethod(to: easy)
    handle.shape = self
  }

  private var versionOption: Int {
    switch version {
    case .automatic: CURL_HTTP_VERSION_2TLS
    case .http1: CURL_HTTP_VERSION_1_1
    case .http2: CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
    }
  }

  private func applyMethod(to easy: UnsafeMutableRawPointer) {
    switch method {
    case .get: break
    case .head: shim_set_long(easy, CURLOPT_NOBODY, 1)
    case .post: shim_set_long(easy, CURLOPT_POST, 1)
    case .other(let name, let hasBody):
      if hasBody { shim_set_long(easy, CURLOPT_POST, 1) }
      shim_set_string(easy, CURLOPT_CUSTOMREQUEST, name)
    }
  }
}
