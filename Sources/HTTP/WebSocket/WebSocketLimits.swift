/// How much a peer may send before it is refused with the close code 1009.
package struct WebSocketLimits: Sendable, Equatable {
  /// Bytes of one data frame's payload.
  package var frameBytes = 2 << 20
  /// Bytes of one message, all its fragments together: a task of the largest size and what is around it.
  package var messageBytes = 2 << 20
  /// Frames of one message: empty ones would cost time for ever and never reach the limit on bytes.
  package var messageFragments = 4096

  package init() {}

  package static let standard = WebSocketLimits()
}
