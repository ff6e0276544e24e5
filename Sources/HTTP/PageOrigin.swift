/// Which web pages may act here: those that this server served itself.
///
/// A browser lets any page send some requests to any host, `POST` with a body without a type among them, and open a
/// WebSocket to it (RFC 6455, section 10.2), past the rule that keeps pages of other origins from reading answers. It
/// says in `Origin` whose page it is (RFC 6454, section 7). A page that this server did not serve would act with all
/// that its visitor may do here, on the visitor's own machine say. Programs send no Origin.
///
/// That the page's host is the one that the request is for does not say that we served it: whoever owns a name can let
/// it point to the visitor's machine once his page is loaded, and both are that name then (DNS rebinding). So a page's
/// host must be one that no stranger can own: an address, `localhost` and what is below it (RFC 6761, section 6.3), or
/// a name that this server knows to be its own.
package enum PageOrigin {
  /// Throws 403 unless the request comes from no page, or from one of the host and port that it is for.
  ///
  /// - Parameter ownNames: in lower case.
  package static func check(_ head: HTTPRequestHead, ownNames: Set<String>) throws(HTTPError) {
    let origins = head.headers.values("Origin")
    guard let origin = origins.first else { return }
    guard origins.count == 1, let page = site(ofOrigin: origin), let own = head.authority,
      let target = Authority(own, defaultPort: page.defaultPort),
      target.port == page.authority.port, target.host.lowercased() == page.authority.host.lowercased()
    else {
      throw HTTPError(
        status: 403,
        reason: "a page of \(origins.joined(separator: ", ")) may not do this at \(head.authority ?? "this host"): "
          + "do it from a page of this host and port, or from a program, which sends no Origin")
    }
    guard isOwn(target, ownNames) else {
      throw HTTPError(
        status: 403,
        reason: "a page of \(origin) may not do this: \(target.host) is not known here as this server's own name; "
          + "open the page by an address or this machine's name, or start the server with --advertise \(target.host)")
    }
  }

  private static func isOwn(_ target: Authority, _ ownNames: Set<String>) -> Bool {
    let host = target.host.lowercased()
    return target.hostIsAddress || host == "localhost" || host.hasSuffix(".localhost") || ownNames.contains(host)
  }

  /// Nil for `null`, which a page without an origin of its own sends, and for what is no page of the web.
  private static func site(ofOrigin origin: String) -> (authority: Authority, defaultPort: UInt16)? {
    for (scheme, port) in [("http://", UInt16(80)), ("https://", 443)] where origin.lowercased().hasPrefix(scheme) {
      return Authority(origin.dropFirst(scheme.count), defaultPort: port).map { ($0, port) }
    }
    return nil
  }
}
