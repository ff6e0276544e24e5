package import HTTP

/// The bounds of a server's WebSockets. What a peer may send at once is bounded by the codec's own limits, and what is
/// queued for it by `isCongested`, above which nothing more is read from it.
package struct WebSocketConnectionLimits: Sendable {
  /// Frames and messages: 1009.
  package var message = WebSocketLimits.standard
  /// After so long a silence of the peer it is pinged.
  package var pingInterval: Duration = .seconds(30)
  /// A peer that says nothing at all for so long after a ping is given up: 1008.
  package var pongTimeout: Duration = .seconds(30)
  /// From the first bytes of a message that does not come at once to its last, while it is read: 1008. A message in
  /// the making is held in memory, which others cannot have.
  package var messageTimeout: Duration = .seconds(60)
  /// A peer that takes nothing of what is queued for it is cut off after so long, and after half as long again at most.
  package var writeTimeout: Duration = .seconds(60)
  /// How long the peer may take to answer a Close once it has got it.
  package var closeTimeout: Duration = .seconds(5)

  package init() {}
}
