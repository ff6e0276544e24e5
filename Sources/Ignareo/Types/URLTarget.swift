internal import HTTP

/// A URL as far as it must be understood before a request is made: a scheme that is spoken here, and a host.
struct URLTarget {
  let url: String
  /// `host:port`, without what stands before an `@`: it goes into messages, and that may be a password.
  let host: String

  init(_ argument: Argument) throws(TaskFailure) {
    let url = try argument.string()
    guard let (scheme, host) = Self.split(url), ["http", "https"].contains(scheme) else {
      throw argument.refused("must be a URL such as http://host:port/path or https://host/path")
    }
    guard let authority = Authority(host, defaultPort: scheme == "https" ? 443 : 80), !authority.host.isEmpty else {
      throw argument.refused("names no host that can be dialled: '\(host)'")
    }
    self.url = url
    self.host = authority.description
  }

  static func proxy(_ argument: Argument) throws(TaskFailure) -> String {
    let url = try argument.string()
    let schemes = ["http", "https", "socks4a", "socks5h"]
    guard let (scheme, host) = split(url), schemes.contains(scheme), !host.isEmpty else {
      throw argument.refused("must be a proxy's URL: \(schemes.map { "\($0)://host:port" }.joined(separator: ", "))")
    }
    return url
  }

  private static func split(_ url: String) -> (scheme: String, host: String)? {
    // Control characters and spaces have no place in a URL; RFC 3986, section 2.
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }), let colon = url.firstIndex(of: ":"),
      url[colon...].hasPrefix("://")
    else { return nil }
    let rest = url[colon...].dropFirst(3).prefix { !"/?#".contains($0) }
    let host = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
    return host.isEmpty ? nil : (url[..<colon].lowercased(), String(host))
  }
}
