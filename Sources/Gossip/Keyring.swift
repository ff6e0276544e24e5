import Glibc
package import Swim

/// The gossip keys of a member: the first one encrypts, all are tried in order on what comes in.
///
/// Seals into `EncryptionFrame`s. Version 0 pads the message, version 1 takes it as it is: both are read, 1 is written.
package struct Keyring: Sendable {
  private static let fileLimit = GossipLimits.keyFileBytes
  private static let paddingBlock = 16

  package let keys: [GossipKey]

  /// nil without a key.
  package init?(keys: [GossipKey]) {
    guard !keys.isEmpty else { return nil }
    self.keys = keys
  }

  /// Reads a key file: base64, one key a line, blank lines and lines that begin with `#` skipped.
  ///
  /// - Parameter origin: what named the file, for the message of an error; that never holds a key.
  package static func reading(
    file path: String, origin: String = "flag --gossip-key-file"
  ) throws(UsageError) -> Keyring {
    guard let file = fopen(path, "re") else {
      throw UsageError(origin: origin, why: "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    return try reading(file, named: path, origin: origin)
  }

  /// The same from what is open already, such as standard input.
  package static func reading(
    _ file: UnsafeMutablePointer<FILE>, named path: String, origin: String
  ) throws(UsageError) -> Keyring {
    func complaint(_ why: String) -> UsageError { UsageError(origin: origin, why: why) }
    var bytes = [UInt8](repeating: 0, count: fileLimit)
    let count = fread(&bytes, 1, fileLimit, file)
    guard ferror(file) == 0 else {
      throw complaint("\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
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
      if !keys.contains(key) { keys.append(key) }
    }
    guard keys.count <= GossipLimits.keys else {
      throw complaint("\(path) holds \(keys.count) keys, and a member has \(GossipLimits.keys) at most")
    }
    guard let keyring = Keyring(keys: keys) else {
      throw complaint("\(path) holds no key; `ignareo keygen` makes one")
    }
    return keyring
  }

  /// Encrypts with the first key and a fresh nonce.
  package func seal(_ plain: [UInt8], associated: [UInt8] = []) -> [UInt8] {
    let nonce = GossipKey.random(EncryptionFrame.nonceBytes)
    return seal(plain, version: EncryptionFrame.unpadded, nonce: nonce, associated: associated)
  }

  /// A nonce used twice with one key gives both messages away: only tests bring their own.
  func seal(_ plain: [UInt8], version: UInt8, nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
    var padded = plain
    if version == EncryptionFrame.padded {
      let padding = Self.paddingBlock - plain.count % Self.paddingBlock
      padded += [UInt8](repeating: UInt8(padding), count: padding)
    }
    return [version] + nonce + AESGCM.seal(padded, key: keys[0].bytes, nonce: nonce[...], associated: associated)
  }

  /// A message as a stream carries it: its header, which is authenticated with it and with the label, and the frame.
  package func sealStream(_ plain: [UInt8], label: [UInt8] = []) -> [UInt8] {
    let header = EncryptionFrame.streamHeader(messageBytes: plain.count)
    return header + seal(plain, associated: header + label)
  }

  /// The same keys with this one first, to encrypt with.
  func led(by key: GossipKey) -> Keyring { Keyring(keys: [key] + keys.filter { $0 != key })! }

  /// The message within a frame, or why there is none.
  package func open(_ frame: [UInt8], associated: [UInt8] = []) throws(CipherError) -> [UInt8] {
    try openTellingKey(frame, associated: associated).plain
  }

  /// The same, and the key that fitted: what its sender encrypts with.
  func openTellingKey(
    _ frame: [UInt8], associated: [UInt8]
  ) throws(CipherError) -> (plain: [UInt8], key: GossipKey) {
    do throws(WireError) {
      let parts = try EncryptionFrame.split(frame[...])
      for key in keys {
        let plain = AESGCM.open(
          frame[parts.ciphertext.lowerBound...], key: key.bytes, nonce: frame[parts.nonce], associated: associated)
        if let plain { return (try EncryptionFrame.unpad(plain, version: parts.version), key) }
      }
    } catch {
      throw .badFrame(error.code)
    }
    throw .noKeyFits
  }
}

/// Why a message stays sealed.
package enum CipherError: Error, Equatable {
  /// Too short, of a later version, or wrongly padded.
  case badFrame(WireError.Code)
  /// Another key, or not encrypted at all: ciphertext cannot be told from plain bytes.
  case noKeyFits
}
