import COpenSSL

/// Names a gossip key without telling it: the first 8 bytes of a SHA-256 over it, in hex. What lists, logs and answers
/// show in the key's place.
package struct KeyFingerprint: Hashable, Sendable, CustomStringConvertible {
  private static let shownBytes = 8
  /// So that the digest is of no use anywhere else.
  private static let domain = Array("ignareo gossip key ".utf8)

  package let text: String

  init(of key: GossipKey) {
    let input = Self.domain + key.bytes
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    precondition(EVP_Digest(input, input.count, &digest, &count, EVP_sha256(), nil) == 1, "OpenSSL refused SHA-256")
    text = digest.prefix(Self.shownBytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// nil unless it is 16 hex digits in lower case.
  package init?(_ text: String) {
    guard text.utf8.count == 2 * Self.shownBytes, text.utf8.allSatisfy({ Self.digits.contains($0) }) else { return nil }
    self.text = text
  }

  package var description: String { text }

  private static let digits = Set("0123456789abcdef".utf8)
}

extension GossipKey {
  package var fingerprint: KeyFingerprint { KeyFingerprint(of: self) }
}
