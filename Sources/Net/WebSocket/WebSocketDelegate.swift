package import HTTP

/// A whole message, its fragments put together.
package enum WebSocketMessage: Equatable, Sendable {
  /// Checked UTF-8.
  case text([UInt8])
  case binary([UInt8])

  var bytes: [UInt8] {
    switch self {
    case .text(let bytes), .binary(let bytes): bytes
    }
  }
}

/// Takes what a WebSocket brings, on the loop's thread. The socket keeps it alive until it has ended.
package protocol WebSocketDelegate: AnyObject {
  func socket(_ socket: WebSocketConnection, received message: WebSocketMessage)
  /// The peer has caught up after `isCongested`.
  func socketDrained(_ socket: WebSocketConnection)
  /// The server stops: close the socket (1001) as soon as nothing is owed to its peer, which may be at once.
  func socketMustEnd(_ socket: WebSocketConnection)
  /// Called once; nothing can be sent any more.
  ///
  /// - Parameter code: the peer's; our own for what it did wrong; 1005 for a Close without a code, 1006 for an end
  ///   without a Close.
  func socket(_ socket: WebSocketConnection, endedWith code: WebSocketCloseCode, reason: String)
}
