/// A request's line and header fields, as one array of bytes and the places in it.
///
/// Strings are made when they are asked for; `methodIs` and the stored framing need none.
package struct HTTPRequestHead: Sendable {
  package let headers: HTTPHeaders
  package let version: HTTPVersion
  /// Where the body ends; never `untilClose`.
  package let framing: HTTPFraming
  /// May another request follow on this connection? By the version and `Connection` (RFC 9112, section 9.3).
  package let keepsAlive: Bool
  /// The client waits for `100 Continue` before it sends the body.
  package let expectsContinue: Bool
  let methodRange: ByteRange
  let targetRange: ByteRange
  /// The target's path, without an absolute form's scheme and authority; empty for CONNECT and `OPTIONS *`.
  let pathRange: ByteRange
  /// Behind the question mark; empty when there is none.
  let queryRange: ByteRange
  let authorityRange: ByteRange?

  package var method: String { text(methodRange) }

  package func methodIs(_ method: StaticString) -> Bool {
    // The program's own constant: it lives as long as the program.
    let letters = UnsafeBufferPointer(start: method.utf8Start, count: method.utf8CodeUnitCount)
    return headers.bytes[methodRange.range].elementsEqual(letters)
  }

  /// Whether it asks to change nothing: RFC 9110, section 9.2.1.
  package var isSafe: Bool { methodIs("GET") || methodIs("HEAD") || methodIs("OPTIONS") || methodIs("TRACE") }

  /// As it was sent.
  package var target: String { text(targetRange) }

  /// The path as it was sent, percent-encoding included.
  package var path: String { text(pathRange) }

  /// The path between its slashes, each part percent-decoded: `/tasks/a%2Fb` is `["tasks", "a/b"]`, `/` is `[]`. A
  /// trailing slash makes an empty last part.
  package var pathSegments: [String] {
    let parts = headers.bytes[pathRange.range].split(separator: Octet.slash, omittingEmptySubsequences: false)
      .dropFirst()
    if parts.count == 1, parts.first?.isEmpty == true { return [] }
    return parts.map { String(decoding: PercentEncoding.decoded($0, plusIsSpace: false), as: UTF8.self) }
  }

  /// Whom the request is for: an absolute target's host and port, otherwise what Host says. Nil for an HTTP/1.0 request
  /// that does not say, empty for an empty Host.
  package var authority: String? { authorityRange.map(text) }

  package var query: Query { Query(headers.bytes[queryRange.range]) }

  private func text(_ place: ByteRange) -> String { String(decoding: headers.bytes[place.range], as: UTF8.self) }
}

extension HTTPRequestHead: CustomStringConvertible {
  package var description: String { "\(method) \(target)" }
}
