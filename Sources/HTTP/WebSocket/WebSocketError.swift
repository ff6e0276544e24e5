/// Why a connection is failed (RFC 6455, section 7.1.7): the code for the Close frame that says so, and a sentence that
/// names the cause.
package struct WebSocketError: Error, Equatable, Sendable, CustomStringConvertible {
  package let code: WebSocketCloseCode
  package let reason: String

  package init(code: WebSocketCloseCode, reason: String) {
    self.code = code
    self.reason = reason
  }

  package var description: String { "\(code): \(reason)" }
}

extension WebSocketError {
  static func broken(_ reason: String) -> WebSocketError { WebSocketError(code: .protocolError, reason: reason) }
  static func tooBig(_ reason: String) -> WebSocketError { WebSocketError(code: .messageTooBig, reason: reason) }

  static let notUTF8 = WebSocketError(code: .invalidText, reason: "a text is not UTF-8")
}
