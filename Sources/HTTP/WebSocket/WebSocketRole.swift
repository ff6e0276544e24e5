package import Clockwork

/// A side of a WebSocket: what a client sends is masked, what a server sends is not (RFC 6455, section 5.1).
package enum WebSocketRole: Sendable {
  case server
  /// With the masking keys to come. Section 10.3 wants them unforeseeable where foreign content goes through proxies:
  /// seed the generator from the system's randomness then.
  case client(maskingKeys: SplitMix64)

  var readsMasked: Bool {
    switch self {
    case .server: true
    case .client: false
    }
  }

  /// For the next frame that this side sends.
  mutating func nextMaskingKey() -> UInt32? {
    guard case .client(var keys) = self else { return nil }
    let key = UInt32(truncatingIfNeeded: keys.next())
    self = .client(maskingKeys: keys)
    return key
  }
}
