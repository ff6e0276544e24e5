package import HTTP
package import Loop

/// A flag's `HOST:PORT` as an address to bind.
package enum ListeningAddress {
  /// The first address of the host.
  ///
  /// - Parameter flag: which flag gave it, for the complaint: `--http`.
  package static func resolve(
    _ authority: Authority, flag: String, on loop: EventLoop
  ) async throws(StartError) -> SocketAddress {
    do throws(LoopError) {
      let addresses = try await Resolver.resolve(host: authority.host, port: authority.port, on: loop)
      guard let first = addresses.first else { throw LoopError(.unresolved, "resolve \(authority.host): no address") }
      return first
    } catch {
      throw StartError(flag: flag, authority: authority, because: error)
    }
  }
}
