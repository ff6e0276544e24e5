/// What all requests of one client share.
package struct HTTPClientConfiguration: Sendable {
  /// Requests under way to one host and port; more wait their turn.
  package var maxConnectionsPerHost = 256
  /// Requests under way in all, and kept-alive connections; more wait their turn, hosts by turns.
  package var maxConnections = 10_000
  /// Sent where the request has no `User-Agent` of its own; nil: none.
  package var userAgent: String? = "ignareo"
  /// A PEM file of certificate authorities instead of the system's.
  package var authoritiesFile: String?

  package init() {}
}
