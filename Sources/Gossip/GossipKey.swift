import COpenSSL

/// A key that members share: 16, 24 or 32 bytes for AES-128, -192 or -256, written in base64.
package struct GossipKey: Hashable, Sendable {
  let bytes: [UInt8]

  /// nil for any other length.
  package init?(bytes: [UInt8]) {
    guard [16, 24, 32].contains(bytes.count) else { return nil }
    self.bytes = bytes
  }

  package init?(base64: some StringProtocol) {
    guard let bytes = Base64.decode(base64) else { return nil }
    self.init(bytes: bytes)
  }

  package var base64: String { Base64.encode(bytes) }

  /// A new key of 32 bytes from OpenSSL's generator.
  package static func generate() -> GossipKey { GossipKey(bytes: random(32))! }

  static func random(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no randomness")
    return bytes
  }
}
