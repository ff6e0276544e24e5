/// Which web pages may open a WebSocket: RFC 6455, section 10.2.
///
/// A browser opens one to any host for any page, past the rule that keeps pages of other origins from reading answers,
/// and says in `Origin` whose page it is. A page that this server did not serve would act with all that its visitor may
/// do here. Programs send no Origin.
package enum WebSocketOrigin {
  /// Throws 403 unless the page comes from the host and port that the request is for.
  package static func check(_ head: HTTPRequestHead) throws(WebSocketHandshake.Refusal) {
    let origins = head.headers.values("Origin")
    guard let origin = origins.first else { return }
    guard origins.count == 1, let page = site(ofOrigin: origin), let own = head.authority,
      let target = Authority(own, defaultPort: page.defaultPort),
      target.port == page.authority.port, target.host.lowercased() == page.authority.host.lowercased()
    else {
      throw WebSocketHandshake.Refusal(
        403,
        "a page of \(origins.joined(separator: ", ")) may not open a WebSocket to \(head.authority ?? "here"): "
          + "open it from a page of this host and port, or from a program, which sends no Origin")
    }
  }

  /// Nil for `null`, which a page without an origin of its own sends, and for what is no page of the web.
  private static func site(ofOrigin origin: String) -> (authority: Authority, defaultPort: UInt16)? {
    for (scheme, port) in [("http://", UInt16(80)), ("https://", 443)] where origin.lowercased().hasPrefix(scheme) {
      return Authority(origin.dropFirst(scheme.count), defaultPort: port).map { ($0, port) }
    }
    return nil
  }
}
