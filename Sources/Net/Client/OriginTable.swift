import CCurl
import Clockwork
import Loop

/// Finds the origin that a URL dials, and forgets origins that nobody has dialled for a while.
struct OriginTable {
  private var origins: [String: Origin] = [:]
  /// By a URL's beginning, up to its path: reading a URL costs more than the look-up.
  private var byPrefix: [String: Origin] = [:]
  /// What was asked for last and will mostly be asked for next.
  private var latest: (prefix: String, origin: Origin)?
  /// Cache entries of forgotten names, for libcurl to forget too.
  private var forgotten: [String] = []

  /// - Throws: the reason why `url` cannot be dialled, for people.
  mutating func origin(
    of url: String, schemes: Set<String> = URLParts.webSchemes, at now: Instant
  ) throws(BadURL) -> Origin {
    if let latest, Self.dials(url, as: latest.prefix) {
      latest.origin.lastUsed = now
      return latest.origin
    }
    let prefix = try Self.prefix(of: url)
    if let origin = byPrefix[prefix] {
      latest = (prefix, origin)
      origin.lastUsed = now
      return origin
    }
    let parts = try URLParts(url, schemes: schemes)
    let key = "\(parts.host):\(parts.port)"
    let origin = origins[key] ?? Origin(host: parts.host, port: parts.port, isLiteral: parts.isLiteral, at: now)
    if origins[key] == nil {
      if origins.count >= ClientLimits.origins { forgetIdle() }
      origins[key] = origin
    }
    if byPrefix.count >= ClientLimits.origins { byPrefix = [:] }
    byPrefix[prefix] = origin
    latest = (prefix, origin)
    origin.lastUsed = now
    return origin
  }

  /// What the next transfer takes along for libcurl's cache of names.
  mutating func takeEntries(for origin: Origin) -> [String] {
    guard !origin.newEntries.isEmpty || !forgotten.isEmpty else { return [] }
    defer {
      forgotten = []
      origin.newEntries = []
    }
    return forgotten + origin.newEntries
  }

  /// Half of those without work, the longest unused first: the walk is paid for by as many new ones.
  private mutating func forgetIdle() {
    let idle = origins.filter { $0.value.isIdle }.sorted { $0.value.lastUsed < $1.value.lastUsed }
    for (key, origin) in idle.prefix((idle.count + 1) / 2) {
      origins[key] = nil
      // libcurl's syntax has no way to name an IPv6 address here; such an entry stays.
      if !origin.host.utf8.contains(UInt8(ascii: ":")) { forgotten.append("-\(origin.host):\(origin.port)") }
    }
    byPrefix = [:]
    latest = nil
  }

  /// `https://user@host:port` of a URL.
  private static func prefix(of url: String) throws(BadURL) -> String {
    let bytes = url.utf8
    guard !bytes.contains(0) else { throw BadURL(text: "it holds a zero byte") }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
      throw BadURL(text: "it does not begin with http:// or https://")
    }
    let authority = bytes[bytes.index(colon, offsetBy: 3)...]
    return String(url[..<(authority.firstIndex(where: endsAuthority) ?? bytes.endIndex)])
  }

  private static func dials(_ url: String, as prefix: String) -> Bool {
    guard url.hasPrefix(prefix) else { return false }
    let rest = url.utf8.dropFirst(prefix.utf8.count)
    return (rest.first.map(endsAuthority) ?? true) && !rest.contains(0)
  }

  private static func endsAuthority(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\\")
  }
}

struct BadURL: Error { let text: String }

/// What to dial for a URL, as libcurl reads it.
struct URLParts {
  let scheme: String
  /// In lower case; an international name in its ASCII form; IPv6 without brackets.
  let host: String
  let port: UInt16

  static let webSchemes: Set = ["http", "https"]
  static let proxySchemes: Set = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]

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

  /// Whether dialling needs no name server.
  var isLiteral: Bool {
    host == "localhost" || host.hasSuffix(".localhost") || SocketAddress(ip: host, port: port) != nil
      || host.utf8.contains(UInt8(ascii: ":"))
  }

  private static func part(_ part: CURLUPart, of url: OpaquePointer, _ flags: UInt32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?  // Freed below.
    guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
