internal import HTTP
internal import Net

extension Session {
  /// What all requests of a session have in common.
  public struct Options: Sendable {
    /// Where URLs without a scheme belong: they are appended to it with one `/` between. Without a query or fragment.
    public var baseURL: String?
    /// Sent with every request, to whatever host; a request's own header of the same name takes the place of one. Of a
    /// redirect to another host, `Authorization` and `Cookie` are left out.
    public var headers: [String: String] = [:]
    /// From the call to the last byte of the answer, with every wait and redirect.
    public var timeout = Duration.seconds(60)
    /// From dialling to the end of the TLS handshake; what takes longer is `connect`.
    public var connectTimeout = Duration.seconds(10)
    /// When false, an answer that points elsewhere is given as it is.
    public var followsRedirects = true
    /// More of them in a row are `httpStatus`.
    public var maxRedirects = 10
    /// The largest body of an answer after decoding, in bytes; more is `tooLarge`.
    public var maxBodyBytes = 64 << 20
    /// When false, anyone can pass for the host.
    public var verifiesTLS = true
    /// `http://`, `https://`, `socks4a://` or `socks5h://` and `host:port`; nil: none, whatever the environment says.
    public var proxy: String?

    public init(baseURL: String? = nil, headers: [String: String] = [:]) {
      (self.baseURL, self.headers) = (baseURL, headers)
    }
  }
}

extension Session.Options {
  func apply(to request: inout HTTPClientRequest) {
    (request.timeout, request.connectTimeout) = (timeout, connectTimeout)
    (request.followsRedirects, request.maxRedirects) = (followsRedirects, maxRedirects)
    (request.maxBodyBytes, request.verifiesTLS, request.proxy) = (maxBodyBytes, verifiesTLS, proxy)
  }

  // MARK: URLs

  /// The whole URL of a request.
  func url(_ text: String, _ query: [(name: String, value: String)]) throws(TaskFailure) -> String {
    let whole = Self.hasScheme(text) ? text : try appended(text)
    guard !query.isEmpty else { return whole }
    let end = whole.firstIndex(of: "#") ?? whole.endIndex
    let added = Query(items: query.map { Query.Item(name: $0.name, value: $0.value) }).encoded
    let separator =
      !whole[..<end].contains("?") ? "?" : whole[..<end].last == "?" || whole[..<end].last == "&" ? "" : "&"
    return whole[..<end] + separator + added + whole[end...]
  }

  private func appended(_ text: String) throws(TaskFailure) -> String {
    guard let baseURL else {
      throw TaskFailure(.badArguments, "'\(text)' is no whole URL, and the session has no base URL to append it to")
    }
    guard Self.hasScheme(baseURL), !baseURL.contains("?"), !baseURL.contains("#") else {
      throw TaskFailure(
        .badArguments, "the session's base URL is none: it takes a scheme, a host and at most a path, and no query")
    }
    if text.isEmpty || text.hasPrefix("?") || text.hasPrefix("#") { return baseURL + text }
    let base = baseURL.hasSuffix("/") ? baseURL.dropLast() : baseURL[...]
    return base + "/" + (text.hasPrefix("/") ? text.dropFirst() : text[...])
  }

  /// RFC 3986, section 3.1, and the `//` in front of a host.
  private static func hasScheme(_ text: String) -> Bool {
    if text.utf8.starts(with: "http://".utf8) || text.utf8.starts(with: "https://".utf8) { return true }
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon > text.startIndex else { return false }
    return text[colon...].utf8.starts(with: "://".utf8)
      && text[..<colon].utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  // MARK: Header fields

  /// The session's and the request's own, in alphabetical order each.
  func fields(_ own: [String: String]) throws(TaskFailure) -> HTTPHeaders {
    var fields = HTTPHeaders()
    if headers.isEmpty, own.isEmpty { return fields }
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) { try Self.add(name, value, to: &fields) }
    for name in own.keys { fields.remove(name) }
    for (name, value) in own.sorted(by: { $0.key < $1.key }) { try Self.add(name, value, to: &fields) }
    return fields
  }

  /// What HTTP cannot carry is refused: a line break in a value would be another field.
  private static func add(_ name: String, _ value: String, to fields: inout HTTPHeaders) throws(TaskFailure) {
    guard HTTPHeaders.isName(name) else {
      throw TaskFailure(.badArguments, "'\(name)' cannot be the name of a header field")
    }
    guard !HTTPFields.areTheClients.contains(name.lowercased()) else {
      throw TaskFailure(.badArguments, "the header field '\(name)' is the client's own affair and cannot be set")
    }
    guard HTTPHeaders.isValue(value) else {
      throw TaskFailure(.badArguments, "the header field '\(name)' holds a control character, which none may")
    }
    fields.add(name, value)
  }
}
