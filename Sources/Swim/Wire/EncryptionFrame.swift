/// The frame around AES-GCM: `version u8 | nonce 12 | ciphertext | tag 16`. The cipher itself is the shell's.
///
/// A datagram is one such frame. On a stream it follows `0A` and its length in 4 bytes, and these 5 bytes are
/// authenticated with it. A label's bytes are authenticated in both, after those.
package enum EncryptionFrame {
  package static let nonceBytes = 12
  package static let tagBytes = 16
  package static let versionBytes = 1
  /// What version 1, the one sent, adds to a message.
  package static let overheadBytes = versionBytes + nonceBytes + tagBytes
  /// Version 0 pads the plaintext to 16 bytes (PKCS#7); version 1 does not.
  package static let padded: UInt8 = 0
  package static let unpadded: UInt8 = 1
  package static let streamHeaderBytes = 5

  /// The parts of one frame, as ranges of `bytes`. Throws for a version above 1 and for too few bytes.
  package static func split(
    _ bytes: ArraySlice<UInt8>
  ) throws(WireError) -> (version: UInt8, nonce: Range<Int>, ciphertext: Range<Int>, tag: Range<Int>) {
    guard let version = bytes.first else { throw WireError(.empty, at: 0) }
    guard version <= unpadded else { throw WireError(.unknownEncryptionVersion(version), at: 0) }
    guard bytes.count >= overheadBytes else { throw WireError(.truncated, at: bytes.count) }
    let nonce = bytes.startIndex + versionBytes
    let ciphertext = nonce + nonceBytes
    let tag = bytes.endIndex - tagBytes
    return (version, nonce..<ciphertext, ciphertext..<tag, tag..<bytes.endIndex)
  }

  /// `0A` and the frame's length, for a message of so many bytes in version 1.
  package static func streamHeader(messageBytes: Int) -> [UInt8] {
    let length = UInt32(messageBytes + overheadBytes)
    return [MessageType.encrypt.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32($0))) }
  }

  /// Takes version 0's padding off a decrypted message and checks all of it; version 1 has none.
  package static func unpad(_ plain: [UInt8], version: UInt8) throws(WireError) -> [UInt8] {
    guard version == padded else { return plain }
    guard let count = plain.last, 1...16 ~= count, plain.count.isMultiple(of: 16),
      plain.suffix(Int(count)).allSatisfy({ $0 == count })
    else { throw WireError(.badPadding, at: plain.count) }
    return Array(plain.dropLast(Int(count)))
  }
}
