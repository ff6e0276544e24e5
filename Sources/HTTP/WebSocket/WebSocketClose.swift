/// A Close frame's content: RFC 6455, section 5.5.1.
package struct WebSocketClose: Equatable, Sendable {
  /// Nil when the frame was empty; otherwise one that may be sent.
  package let code: WebSocketCloseCode?
  /// For people; at most 123 bytes, empty when the code is nil.
  package let reason: String

  /// What the reason may take of a control frame.
  static let reasonBytes = WebSocketFrame.controlBytes - 2

  /// Traps on a code that may not be sent. A reason that is too long is cut between two characters' code points.
  package init(code: WebSocketCloseCode, reason: String = "") {
    precondition(code.mayBeSent, "\(code) may not stand in a Close frame")
    var kept = reason.unicodeScalars
    while kept.reduce(0, { $0 + UTF8.width($1) }) > Self.reasonBytes { kept.removeLast() }
    self.code = code
    self.reason = String(kept)
  }

  /// What a peer's frame holds.
  init(payload: [UInt8]) throws(WebSocketError) {
    guard !payload.isEmpty else {
      (code, reason) = (nil, "")
      return
    }
    guard payload.count >= 2 else { throw .broken("a close frame has half a code") }
    let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
    guard code.mayBeSent else { throw .broken("the close code \(code) may not be sent") }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else { throw .notUTF8 }
    (self.code, self.reason) = (code, reason)
  }

  /// The frame's payload.
  var payload: [UInt8] {
    guard let code else { return [] }
    return [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xff)] + reason.utf8
  }
}
