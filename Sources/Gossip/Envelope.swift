import Swim

/// What this member wraps around its messages and takes off those of others, outermost first: the cluster's label, the
/// encryption, the compression.
///
/// A label is no secret: it keeps clusters apart that reach each other by mistake. With a key it is authenticated too,
/// so that nobody can put another one on.
struct Envelope: Sendable {
  /// nil: gossip in the clear.
  var keyring: Keyring?
  /// Empty: none, and then nothing that carries one is taken.
  let label: [UInt8]
  let compresses: Bool

  init(keyring: Keyring? = nil, label: [UInt8] = [], compresses: Bool = false) {
    (self.keyring, self.label, self.compresses) = (keyring, label, compresses)
  }

  /// What a datagram grows by at most.
  static func overheadBytes(isEncrypted: Bool, label: [UInt8]) -> Int {
    (isEncrypted ? EncryptionFrame.overheadBytes : 0) + LabelHeader.byteCount(of: label)
  }

  /// Why what carries such a label is not for this cluster, in words for people; nil where it is.
  func mismatch(_ found: some Collection<UInt8>) -> String? {
    guard !found.elementsEqual(label) else { return nil }
    func name(_ label: some Collection<UInt8>) -> String {
      label.isEmpty ? "no label" : "the label '\(String(decoding: label, as: UTF8.self))'"
    }
    return "it carries \(name(found)), and this cluster has \(name(label))"
  }

  // MARK: Datagrams

  func datagram(_ messages: [Message]) -> [UInt8] {
    let plain = Packet.encode(messages)
    let message = compresses ? Compression.shorten(plain) : plain
    let sealed = keyring?.seal(message, associated: label) ?? message
    return label.isEmpty ? sealed : LabelHeader.encode(label) + sealed
  }

  /// The packet within, which may still be compressed.
  func open(datagram bytes: [UInt8]) throws(EnvelopeError) -> [UInt8] {
    let (found, rest): (ArraySlice<UInt8>, ArraySlice<UInt8>)
    do throws(WireError) { (found, rest) = try LabelHeader.split(bytes[...]) } catch { throw .malformed(error) }
    if let detail = mismatch(found) { throw .label(detail) }
    let inner = found.isEmpty ? bytes : Array(rest)
    guard let keyring else { return inner }
    do throws(CipherError) { return try keyring.open(inner, associated: label) } catch { throw .sealed(error) }
  }

  // MARK: Streams

  /// The first bytes of a stream that this member opens.
  ///
  /// - Parameter key: one of the ring's to encrypt with; nil for the first.
  func request(_ message: StreamMessage, key: GossipKey? = nil) -> [UInt8] {
    LabelHeader.encode(label) + reply(message, key: key)
  }

  /// An answer carries no label's header, since the opener has said which one it is.
  ///
  /// - Parameter key: what the opener encrypted with, which it surely holds; nil for the ring's first.
  func reply(_ message: StreamMessage, key: GossipKey? = nil) -> [UInt8] {
    let message = compresses ? Compression.shorten(message.encoded) : message.encoded
    let keyring = key.flatMap { self.keyring?.led(by: $0) } ?? self.keyring
    return keyring?.sealStream(message, label: label) ?? message
  }

  /// The message in an encrypted frame of a stream, the key that it was encrypted with, and what was left out of it.
  func open(
    frame: [UInt8], header: [UInt8]
  ) throws(EnvelopeError) -> (message: StreamMessage, key: GossipKey, skipped: SkippedMembers?) {
    guard let keyring else { throw .sealed(.noKeyFits) }
    let (plain, key): ([UInt8], GossipKey)
    do throws(CipherError) { (plain, key) = try keyring.openTellingKey(frame, associated: header + label) } catch {
      throw .sealed(error)
    }
    do throws(WireError) {
      let (message, skipped) = try StreamDecoder.decode(decrypted: plain)
      return (message, key, skipped)
    } catch {
      throw .malformed(error)
    }
  }
}

/// Why nothing is taken out of an envelope.
enum EnvelopeError: Error, Equatable {
  /// Another cluster's; in words for people.
  case label(String)
  case malformed(WireError)
  case sealed(CipherError)
}
