/// What all requests of one client share.
package struct HTTPClientConfiguration: Sendable {
  /// Requests under way to one host and port; more wait their turn.
  package var maxConnectionsPerHost = 256
  /// Where several clients have divided a limit on each host: what was left over.
  package var sharedPlaces: SharedPlaces?
  /// Requests under way in all, and kept-alive connections; more wait their turn, hosts by turns.
  package var maxConnections = 10_000
  /// Sent where the request has no `User-Agent` of its own; nil: none.
  package var userAgent: String? = "ignareo"
  package enum Engines: Sendable, CaseIterable {
    /// libcurl for everything.
    case libcurl
    /// Beside it the loop's own for the common case.
    case both
  }

  /// For tests and measurements, which run each engine by itself.
  package var engines = Engines.both
  /// A PEM file of certificate authorities instead of the system's.
  package var authoritiesFile: String?

  package init() {}
}
