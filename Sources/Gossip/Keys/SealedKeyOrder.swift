import JSON

/// An order about the cluster's keys as it comes over HTTP: encrypted with one of these keys, which proves that its
/// sender may give it and hides a new key on its way. The challenge within makes it good for one use.
package struct SealedKeyOrder {
  /// Keeps gossip from being taken for an order, and an order for gossip.
  private static let domain = Array("ignareo POST /keys".utf8)

  package let change: KeyChange
  package let isForced: Bool
  let challenge: [UInt8]

  /// - Parameter challenge: as `GET /keys` of the same member gave it, in base64.
  package init?(_ change: KeyChange, isForced: Bool, challenge: String) {
    guard let challenge = Base64.decode(challenge) else { return nil }
    (self.change, self.isForced, self.challenge) = (change, isForced, challenge)
  }

  /// The body of `POST /keys`.
  ///
  /// - Parameter key: one that the member holds.
  package func sealed(with key: GossipKey) -> [UInt8] {
    var order = JSONWriter()
    order.object {
      $0.member("order", change.verb)
      change.writeKey(into: &$0)
      $0.member("force", isForced)
      $0.member("challenge", Base64.encode(challenge))
    }
    let sealed = Keyring(keys: [key])!.seal(order.bytes, associated: Self.domain)
    var body = JSONWriter()
    body.object { $0.member("sealed", Base64.encode(sealed)) }
    return body.bytes
  }

  enum Fault: Error { case notSealed, noKeyFits, noOrder }

  init(body: [UInt8], _ keyring: Keyring) throws(Fault) {
    guard let sealed = (try? JSONValue.parse(body))?["sealed"]?.string.flatMap(Base64.decode) else { throw .notSealed }
    guard let plain = try? keyring.open(sealed, associated: Self.domain) else { throw .noKeyFits }
    guard let order = try? JSONValue.parse(plain), let verb = order["order"]?.string,
      let change = KeyChange(verb, order), let challenge = order["challenge"]?.string.flatMap(Base64.decode)
    else { throw .noOrder }
    (self.change, self.challenge, isForced) = (change, challenge, order["force"]?.bool ?? false)
  }
}
