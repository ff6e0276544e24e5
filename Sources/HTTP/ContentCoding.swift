/// How a body is coded, as `Content-Encoding` says it: RFC 9110, section 8.4.
package enum ContentCoding: Sendable, Equatable {
  case identity
  case gzip

  /// Nil for one that is not known here, and for several one over the other.
  package init?(_ headers: HTTPHeaders) {
    switch headers["Content-Encoding"]?.lowercased() {
    case nil, "", "identity": self = .identity
    // The older name is the same: section 8.4.1.3.
    case "gzip", "x-gzip": self = .gzip
    default: return nil
    }
  }
}
