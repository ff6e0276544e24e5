import Loop
import Swim

/// One member's gossip keys, as an operator changes them while it runs.
///
/// A change is in the key file before it holds, so that memory and a restart never differ. Guarded by: the loop's
/// thread; each entry asserts it.
final class KeyDesk: @unchecked Sendable {
  private let loop: EventLoop
  private let transport: GossipTransport
  private let file: String?
  private let log: Log
  private var challenges = KeyChallenge()
  private var isWriting = false

  init(_ transport: GossipTransport, file: String?, on loop: EventLoop, log: Log) {
    (self.transport, self.file, self.loop, self.log) = (transport, file, loop, log)
  }

  var keyring: Keyring? {
    loop.assertCurrent()
    return transport.envelope.keyring
  }

  /// Encrypts with another of its keys from now on, since that is what the cluster understands. In memory alone: which
  /// key the file is to begin with is the operator's to say.
  func adopt(_ key: GossipKey) {
    loop.assertCurrent()
    guard let keyring = transport.envelope.keyring, keyring.keys.contains(key) else { return }
    transport.envelope.keyring = keyring.led(by: key)
    log.warning(
      "gossip_key_adopted",
      [
        "key": key.fingerprint.text, "instead_of": keyring.keys[0].fingerprint.text,
        "way_out": "the cluster does not understand the first key of \(file ?? "the key file"): put this one first",
      ])
  }

  func take(_ order: KeyOrder, then answer: @escaping @Sendable (KeyAnswer) -> Void) {
    loop.assertCurrent()
    guard case .change(let change, let challenge, let expected) = order else { return answer(tell()) }
    do throws(KeyRefusal) {
      guard let keyring = transport.envelope.keyring, let file else { throw .noKeys }
      guard challenges.use(challenge, at: loop.now) else { throw .staleChallenge }
      // Whoever gave the order judged by the keys that this member told; two orders at once would each be right alone.
      guard !isWriting, keyring.fingerprints == expected else { throw .overtaken }
      let changed = try keyring.applying(change)
      guard changed.keys != keyring.keys else { return answer(tell()) }
      isWriting = true
      loop.spawn { [self] in await write(changed, to: file, change, answer) }
    } catch {
      refuse(change, error, answer)
    }
  }

  /// Once the new file is in the old one's place the new keys hold, whatever becomes of the disk: memory and a restart
  /// must not differ.
  private func write(
    _ keyring: Keyring, to file: String, _ change: KeyChange, _ answer: (KeyAnswer) -> Void
  ) async {
    defer { isWriting = false }
    do throws(LoopError) {
      if case .unsynced(let cause) = try await KeyFileWriter.write(keyring, to: file, on: loop) {
        log.warning(
          "gossip_keys_unsynced",
          ["cause": cause, "way_out": "check the disk of \(file): a power cut may bring the old keys back"])
      }
    } catch {
      return refuse(change, .notWritten("\(error)"), answer)
    }
    transport.envelope.keyring = keyring
    log.info("gossip_keys_changed", fields(change, keyring))
    answer(tell())
  }

  /// An order that came on a stream; anything else that did is dropped.
  func take(_ message: [UInt8], of exchange: Swim.IncomingExchange) {
    guard let order = KeyOrder(message) else { return transport.close(exchange) }
    take(order) { [transport] in transport.reply(.user($0.bytes), to: exchange) }
  }

  /// Whether a challenge is good, for an order that is carried out elsewhere too.
  func use(_ challenge: [UInt8]) -> Bool {
    loop.assertCurrent()
    return challenges.use(challenge, at: loop.now)
  }

  private func tell() -> KeyAnswer {
    guard let keyring = transport.envelope.keyring else { return .refused(KeyRefusal.noKeys.text) }
    return .holds(keys: keyring.fingerprints, challenge: challenges.make(at: loop.now))
  }

  private func refuse(_ change: KeyChange, _ refusal: KeyRefusal, _ answer: (KeyAnswer) -> Void) {
    log.warning(
      "gossip_keys_unchanged",
      ["change": change.verb, "key": change.fingerprint.text, "cause": refusal.text])
    answer(refusal == .overtaken ? .overtaken : .refused(refusal.text))
  }

  private func fields(_ change: KeyChange, _ keyring: Keyring) -> Log.Fields {
    [
      "change": change.verb, "key": change.fingerprint.text, "primary": keyring.keys[0].fingerprint.text,
      "keys": "\(keyring.keys.count)",
    ]
  }
}
