package import HTTP

/// A whole answer.
package struct HTTPClientResponse: Sendable {
  /// What comes before the body.
  package struct Head: Sendable {
    package var status: Int
    /// Where the answer came from: after redirects not what was asked for.
    package var url: String
    /// `1.0`, `1.1` or `2`.
    package var httpVersion: String
    package var headers: HTTPHeaders
  }

  package var head: Head
  package var body: [UInt8]
  package var timing: HTTPClientTiming

  package var status: Int { head.status }
  package var url: String { head.url }
  package var httpVersion: String { head.httpVersion }
  package var headers: HTTPHeaders { head.headers }
}

/// When each stage was over, counted from `start`, waits and redirects included; a stage that did not happen (a
/// kept-alive connection, no TLS) takes no time: `connect` is then where `dns` is, and `tls` is zero.
package struct HTTPClientTiming: Hashable, Sendable {
  package var dns: Duration = .zero
  package var connect: Duration = .zero
  package var tls: Duration = .zero
  package var firstByte: Duration = .zero
  package var total: Duration = .zero
}
