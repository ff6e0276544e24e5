/// A cookie as a session holds it (RFC 6265, section 5.3).
///
///     try other.setCookies(session.cookies)         // one visitor in two sessions
///     let kept = try AnyJSON(encoding: session.cookies)    // and in a later task
public struct Cookie: Sendable, Hashable, Codable {
  public var name: String
  public var value: String
  /// The host that it is sent to, without a leading dot.
  public var domain: String
  /// Whether it is sent to every host below that one, too.
  public var includesSubdomains: Bool
  /// What the path of a URL must begin with.
  public var path: String
  /// Whether it is sent over TLS only.
  public var isSecure: Bool
  /// Whether scripts of a page are not to see it. A session sends it like any other.
  public var isHTTPOnly: Bool
  /// Nil: it ends with its session. One in the past takes the cookie out.
  public var expiresAtUnixSeconds: Int?

  public init(
    _ name: String, _ value: String, domain: String, includesSubdomains: Bool = false, path: String = "/",
    isSecure: Bool = false, isHTTPOnly: Bool = false, expiresAtUnixSeconds: Int? = nil
  ) {
    (self.name, self.value, self.domain, self.includesSubdomains) = (name, value, domain, includesSubdomains)
    (self.path, self.isSecure, self.isHTTPOnly) = (path, isSecure, isHTTPOnly)
    self.expiresAtUnixSeconds = expiresAtUnixSeconds
  }
}

// MARK: Netscape's cookie file, which libcurl reads and writes

/// Seven fields with tabs between: domain, whether subdomains count, path, whether TLS only, expiry in Unix seconds
/// (0: with the session), name, value.
extension Cookie {
  private static let httpOnlyMark = "#HttpOnly_"

  /// Nil for what is no such line.
  init?(line: String) {
    let isHTTPOnly = line.hasPrefix(Self.httpOnlyMark)
    let fields = line.dropFirst(isHTTPOnly ? Self.httpOnlyMark.count : 0)
      .split(separator: "\t", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 7, let expires = Int(fields[4]) else { return nil }
    self.init(
      fields[5], fields[6], domain: fields[0].hasPrefix(".") ? String(fields[0].dropFirst()) : fields[0],
      includesSubdomains: fields[1] == "TRUE", path: fields[2], isSecure: fields[3] == "TRUE",
      isHTTPOnly: isHTTPOnly, expiresAtUnixSeconds: expires == 0 ? nil : expires)
  }

  /// - Throws: `badArguments` for what no cookie can be.
  func line() throws(TaskFailure) -> String {
    for (what, text) in [("name", name), ("value", value), ("domain", domain), ("path", path)] {
      guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: ";") }) else {
        throw refused("its \(what) holds a control character or a semicolon")
      }
    }
    guard !name.isEmpty, !name.contains("=") else { throw refused("its name is empty or holds '='") }
    guard !domain.isEmpty, !domain.hasPrefix("."), !domain.contains(where: { " /:@".contains($0) }) else {
      throw refused("its domain '\(domain)' is no host")
    }
    guard path.hasPrefix("/") else { throw refused("its path '\(path)' does not begin with '/'") }
    // An expiry of 0 would be none at all.
    let expires = expiresAtUnixSeconds.map { max(1, $0) } ?? 0
    return [
      (isHTTPOnly ? Self.httpOnlyMark : "") + (includesSubdomains ? "." : "") + domain,
      includesSubdomains ? "TRUE" : "FALSE", path, isSecure ? "TRUE" : "FALSE", "\(expires)", name, value,
    ].joined(separator: "\t")
  }

  func refused(_ why: String) -> TaskFailure {
    TaskFailure(.badArguments, "the cookie '\(name)' for '\(domain)' cannot be set: \(why)")
  }
}
