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

  func take(_ order: KeyOrder, then answer: @escaping (KeyAnswer) -> Void) {
    loop.assertCurrent()
    guard case .change(let change, let challenge) = order else { return answer(tell()) }
    do throws(KeyRefusal) {
      guard let keyring = transport.envelope.keyring, let file else { throw .noKeys }
      guard challenges.use(challenge, at: loop.now) else { throw .staleChallenge }
      guard !isWriting else { throw .busy }
      let changed = try keyring.applying(change)
      guard changed.keys != keyring.keys else { return answer(tell()) }
      isWriting = true
      KeyFileWriter.write(changed, to: file, on: loop) { [self] cause in
        isWriting = false
        if let cause { return refuse(change, .notWritten(cause), answer) }
        transport.envelope.keyring = changed
        log.info("gossip_keys_changed", fields(change, changed))
        answer(tell())
      }
    } catch {
      refuse(change, error, answer)
    }
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
    answer(.refused(refusal.text))
  }

  private func fields(_ change: KeyChange, _ keyring: Keyring) -> Log.Fields {
    [
      "change": change.verb, "key": change.fingerprint.text, "primary": keyring.keys[0].fingerprint.text,
      "keys": "\(keyring.keys.count)",
    ]
  }
}
