import Glibc

/// The gossip keys of a member: the first one encrypts, all are tried in order on what comes in.
///
/// The encrypted part is `version | nonce (12) | ciphertext | tag (16)`. Version 1 takes the message as it is; version 0
/// pads it to 16 bytes (PKCS #7). Both are read; version 1 is written.
package struct Keyring: Sendable {
  private static let fileLimit = 65_536
  private static let paddingBlock = 16
  /// What version 1 adds to a message.
  package static let overheadBytes = 1 + AESGCM.nonceBytes + AESGCM.tagBytes

  package let keys: [GossipKey]

  /// nil without a key.
  package init?(keys: [GossipKey]) {
    guard !keys.isEmpty else { return nil }
    self.keys = keys
  }

  /// Reads a key file: base64, one key a line, blank lines and lines that begin with `#` skipped.
  package static func reading(file path: String) throws(UsageError) -> Keyring {
    func complaint(_ why: String) -> UsageError { UsageError(origin: "flag --gossip-key-file", why: why) }
    guard let file = fopen(path, "re") else {
      throw complaint("\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: fileLimit)
    let count = fread(&bytes, 1, fileLimit, file)
    guard count < fileLimit else { throw complaint("\(path) is too long for a key file") }
    var keys: [GossipKey] = []
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      let text = String(line.filter { !$0.isWhitespace })
      if text.isEmpty || text.hasPrefix("#") { continue }
      guard let key = GossipKey(base64: text) else {
        throw complaint("\(path), line \(index + 1): not 16, 24 or 32 bytes in base64; `ignareo keygen` makes a key")
      }
      keys.append(key)
    }
    guard let keyring = Keyring(keys: keys) else {
      throw complaint("\(path) holds no key; `ignareo keygen` makes one")
    }
    return keyring
  }

  /// Encrypts with the first key and a fresh nonce.
  package func seal(_ plain: [UInt8], associated: [UInt8] = []) -> [UInt8] {
    seal(plain, version: 1, nonce: GossipKey.random(AESGCM.nonceBytes), associated: associated)
  }

  /// A nonce used twice with one key gives both messages away: only tests bring their own.
  func seal(_ plain: [UInt8], version: UInt8, nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
    var padded = plain
    if version == 0 {
      let padding = Self.paddingBlock - plain.count % Self.paddingBlock
      padded += [UInt8](repeating: UInt8(padding), count: padding)
    }
    return [version] + nonce + AESGCM.seal(padded, key: keys[0].bytes, nonce: nonce[...], associated: associated)
  }

  /// The message within, or why there is none.
  package func open(_ sealed: ArraySlice<UInt8>, associated: [UInt8] = []) throws(CipherError) -> [UInt8] {
    guard sealed.count >= Self.overheadBytes, let version = sealed.first else { throw .tooShort }
    guard version <= 1 else { throw .unknownVersion(version) }
    let body = sealed.dropFirst()
    let (nonce, rest) = (body.prefix(AESGCM.nonceBytes), body.dropFirst(AESGCM.nonceBytes))
    for key in keys {
      guard var plain = AESGCM.open(rest, key: key.bytes, nonce: nonce, associated: associated) else { continue }
      if version == 0 { try Self.removePadding(&plain) }
      return plain
    }
    throw .noKeyFits
  }

  private static func removePadding(_ plain: inout [UInt8]) throws(CipherError) {
    guard let last = plain.last, last >= 1, last <= paddingBlock, plain.count >= last,
      plain.suffix(Int(last)).allSatisfy({ $0 == last })
    else { throw .badPadding }
    plain.removeLast(Int(last))
  }
}

/// Why a message stays sealed.
package enum CipherError: Error, Equatable {
  case tooShort
  case unknownVersion(UInt8)
  /// Another key, or not encrypted at all: ciphertext cannot be told from plain bytes.
  case noKeyFits
  case badPadding
}
