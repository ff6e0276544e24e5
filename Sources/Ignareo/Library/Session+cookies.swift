internal import Clockwork
internal import Loop
internal import Net

extension Session {
  /// The cookies that the session has at present, without those that have expired.
  public var cookies: [Cookie] {
    runner.loop.assertCurrent()
    let now = Self.nowInUnixSeconds
    return jar.lines.compactMap(Cookie.init(line:)).filter { $0.isAlive(at: now) }
  }

  /// Takes cookies in; each takes the place of one of the same name, domain and path.
  ///
  /// - Throws: `badArguments` for one that no cookie can be, with nothing set; or, with the others set, for one that
  ///   would never be sent, such as `__Secure-…` that is not for TLS only.
  public func setCookies(_ cookies: [Cookie]) throws {
    runner.loop.assertCurrent()
    let lines = try cookies.map { try $0.line() }
    for line in lines { jar.add(line) }
    // libcurl does not say what it leaves out.
    let now = Self.nowInUnixSeconds
    let kept = Set(self.cookies.map(Place.init))
    let lost = cookies.first { $0.isAlive(at: now) && !kept.contains(Place($0)) }
    if let lost { throw lost.refused("it would never be sent; see its name's prefix and its domain") }
  }

  /// As for a visitor who was never here.
  public func removeCookies() {
    runner.loop.assertCurrent()
    jar.removeAll()
  }

  private static var nowInUnixSeconds: Int { Int(WallClock.now.milliseconds / 1000) }

  /// What makes two cookies the same (RFC 6265, section 5.3, step 11).
  private struct Place: Hashable {
    let name: String
    let domain: String
    let path: String

    init(_ cookie: Cookie) { (name, domain, path) = (cookie.name, cookie.domain.lowercased(), cookie.path) }
  }
}

extension Cookie {
  fileprivate func isAlive(at unixSeconds: Int) -> Bool { (expiresAtUnixSeconds ?? .max) > unixSeconds }
}
