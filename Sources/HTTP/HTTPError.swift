/// Why a message is refused: the status to answer with and a sentence that names the cause.
///
/// After one the connection's framing cannot be trusted: answer and close. What is wrong with a response has the status
/// 502.
package struct HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
  package let status: Int
  package let reason: String

  package init(status: Int, reason: String) {
    self.status = status
    self.reason = reason
  }

  package var description: String { "\(status) \(HTTPStatus.reason(of: status)): \(reason)" }
}

extension HTTPError {
  static func malformed(_ reason: String) -> HTTPError { HTTPError(status: 400, reason: reason) }

  static let bareLineFeed = malformed("a line ends in LF alone; lines end in CR LF")
  static let lengthAndCoding = malformed("the message has both Content-Length and Transfer-Encoding")
  static let bodyTooLarge = HTTPError(status: 413, reason: "the body is larger than is taken here")
}
