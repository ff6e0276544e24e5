/// What a peer said.
package enum WebSocketEvent: Equatable, Sendable {
  /// A whole message; checked UTF-8.
  case text([UInt8])
  case binary([UInt8])
  /// To be answered with a pong of the same bytes, at most 125.
  case ping([UInt8])
  case pong([UInt8])
  /// The last thing that is read.
  case close(WebSocketClose)
}
