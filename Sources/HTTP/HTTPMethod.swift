/// What HTTP says of its methods.
package enum HTTPMethod {
  /// RFC 9110, section 9.2.1: it only reads.
  package static func isSafe(_ method: String) -> Bool {
    switch method {
    case "GET", "HEAD", "OPTIONS", "TRACE": true
    default: false
    }
  }

  /// RFC 9110, section 9.2.2: made twice, it has the effect of once.
  package static func isIdempotent(_ method: String) -> Bool {
    isSafe(method) || method == "PUT" || method == "DELETE"
  }
}
