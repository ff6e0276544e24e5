/// Where a message's body ends: RFC 9112, section 6.3.
package enum HTTPFraming: Sendable, Equatable {
  case none
  case length(Int)
  case chunked
  /// Responses alone: with the connection.
  case untilClose

  /// How to answer a request with a body whose length is not known: chunked, or with the connection's end for 1.0.
  package static func stream(for version: HTTPVersion) -> HTTPFraming { version == .http10 ? .untilClose : .chunked }
}
