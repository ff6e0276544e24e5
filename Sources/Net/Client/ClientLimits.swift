import HTTP

/// Every bound of the client in one place.
package enum ClientLimits {
  /// The largest body that `fetch` collects when its request sets no limit.
  package static let collectedBytes = 64 << 20
  /// Reserved for a body at its announcement; more only as it comes.
  static let reservedBytes = 256 << 10
  /// A status line and its headers, interim answers included.
  static let headBytes = 256 << 10
  /// Bodies up to here are handed to libcurl, which sends them in one piece with the head; larger ones are asked for.
  static let copiedBodyBytes = 64 << 10
  /// Queued bytes above which an upload calls itself congested, and below which it asks for more.
  static let uploadCongestedBytes = 256 << 10
  static let uploadDrainedBytes = 64 << 10
  /// Easy handles kept for the next requests; each holds a few kilobytes.
  static let pooledHandles = 1024
  /// How long a name's addresses are taken for granted, and how long they still serve while new ones are looked up.
  static let addressesFresh: Duration = .seconds(60)
  static let addressesUsable: Duration = .seconds(600)
  static let resolveTimeout: Duration = .seconds(10)
  /// How long the loop's own engine keeps a connection that nobody uses.
  static let idleConnection: Duration = .seconds(90)
  /// For the loop's own engine, whose parser is stricter than libcurl: what exceeds it is handed to libcurl.
  static let message: HTTPLimits = {
    var limits = HTTPLimits()
    limits.headerBlockBytes = headBytes
    limits.headerFields = 1024
    return limits
  }()
  /// Between two looks at the transfers' deadlines at least: so late may a timeout be.
  static let deadlineGrain: Duration = .milliseconds(2)
  /// Origins known before those without work are forgotten.
  static let origins = 4096
}
