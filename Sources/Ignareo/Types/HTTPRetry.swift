/// What an answer's status says of another attempt. RFC 9110, section 15; RFC 6585.
enum HTTPRetry {
  /// The server says that it was not ready, busy, or out of order: it may be better later. None of these promises that
  /// the request had no effect, so that only a repeatable task is tried again.
  static func isWorthwhile(_ status: Int) -> Bool { [408, 425, 429, 500, 502, 503, 504].contains(status) }
}
