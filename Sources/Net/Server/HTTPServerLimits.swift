package import HTTP
import Loop

/// The bounds of an HTTP server; exceeding one is answered with the status that the field's comment names.
package struct HTTPServerLimits: Sendable {
  /// Lines, header block, chunk framing: 400, 414 or 431.
  package var message = HTTPLimits()
  /// Connections at once, those included whose last answer is still being sent; a further one gets 503. Half of the
  /// descriptors that the process may have, so that gossip and outgoing connections never find them used up.
  package var connections = min(20_000, ProcessSetup.openFileLimit / 2)
  /// Ended connections besides, refused ones among them, that wait a moment for their peers to have read the end; a
  /// further one is closed at once, which can cost its peer the last answer.
  package var lingering = min(2_500, ProcessSetup.openFileLimit / 16)
  /// From the first byte of a request to the end of its head: 408.
  package var headTimeout: Duration = .seconds(10)
  /// In which so many bytes of a body must come, or its end, while the handler wants it: 408. A trickle of bytes would
  /// else hold a connection for as long as somebody likes.
  package var bodyTimeout: Duration = .seconds(30)
  package var bodyBytesPerTimeout = 512
  /// Between two requests; the connection is closed without a word.
  package var idleTimeout: Duration = .seconds(75)
  /// A peer that takes nothing of its answer for so long is cut off.
  package var writeTimeout: Duration = .seconds(60)
  /// Bytes of a later request that wait while an earlier one is answered; then the peer is slowed down.
  package var pipelinedBytes = 65_536
  /// Bytes of bodies and of WebSocket messages that are held in memory until they are whole or have been dealt with,
  /// over all connections; beyond, 503, and 1013 for a WebSocket.
  package var collectedBytes = 268_435_456
  /// Body bytes dropped to keep a connection whose handler had answered without reading them; beyond, it is closed.
  package var discardedBytes = 262_144
  /// A connection that has become a WebSocket knows none of the deadlines above, but these.
  package var webSocket = WebSocketConnectionLimits()

  package init() {}
}
