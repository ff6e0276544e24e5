import JSON

/// What a member is asked about its gossip keys, as another member sends it: a user message on an encrypted stream,
/// which proves that the sender holds a key. Other memberlist programs know none of it and are not asked.
enum KeyOrder: Equatable {
  case tell
  /// - expected: the keys by which the order was judged; a member that holds others by now refuses it.
  case change(KeyChange, challenge: [UInt8], expected: [KeyFingerprint])

  /// nil for whatever else a stream's user message holds.
  init?(_ bytes: [UInt8]) {
    guard bytes.first == UInt8(ascii: "{"), bytes.count <= GossipLimits.keyOrderBytes,
      let value = try? JSONValue.parse(bytes), value["ignareo"]?.string == KeyAnswer.subject,
      let verb = value["order"]?.string
    else { return nil }
    if verb == "tell" {
      self = .tell
    } else {
      guard let change = KeyChange(verb, value), let challenge = value["challenge"]?.string.flatMap(Base64.decode),
        let expected = value["expected"]?.elements?.compactMap({ $0.string.flatMap { KeyFingerprint($0) } })
      else { return nil }
      self = .change(change, challenge: challenge, expected: expected)
    }
  }

  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("ignareo", KeyAnswer.subject)
      switch self {
      case .tell: $0.member("order", "tell")
      case .change(let change, let challenge, let expected):
        $0.member("order", change.verb)
        change.writeKey(into: &$0)
        $0.member("challenge", Base64.encode(challenge))
        $0.member("expected", expected.map(\.text))
      }
    }
    return writer.bytes
  }
}

extension KeyChange {
  /// nil where the verb or its key is none.
  init?(_ verb: String, _ value: JSONValue) {
    let fingerprint = value["fingerprint"]?.string.flatMap { KeyFingerprint($0) }
    switch verb {
    case "install":
      guard let key = value["key"]?.string.flatMap({ GossipKey(base64: $0) }) else { return nil }
      self = .install(key)
    case "use":
      guard let fingerprint else { return nil }
      self = .use(fingerprint)
    case "remove":
      guard let fingerprint else { return nil }
      self = .remove(fingerprint)
    default: return nil
    }
  }

  func writeKey(into writer: inout JSONWriter) {
    switch self {
    case .install(let key): writer.member("key", key.base64)
    case .use(let fingerprint), .remove(let fingerprint): writer.member("fingerprint", fingerprint.text)
    }
  }
}

/// What a member says of its gossip keys: which it holds, or why it did not do what it was asked to.
enum KeyAnswer: Equatable {
  /// - keys: the one that it encrypts with first.
  /// - challenge: for the next order.
  case holds(keys: [KeyFingerprint], challenge: [UInt8])
  case refused(String)
  /// Another change came first.
  case overtaken

  static let subject = "keys"

  init?(_ bytes: [UInt8]) {
    guard bytes.count <= GossipLimits.keyOrderBytes, let value = try? JSONValue.parse(bytes),
      value["ignareo"]?.string == Self.subject
    else { return nil }
    if let reason = value["refused"]?.string {
      self = value["overtaken"]?.bool == true ? .overtaken : .refused(reason)
      return
    }
    let keys = value["keys"]?.elements?.compactMap { $0.string.flatMap { KeyFingerprint($0) } } ?? []
    guard !keys.isEmpty, let challenge = value["challenge"]?.string.flatMap(Base64.decode) else { return nil }
    self = .holds(keys: keys, challenge: challenge)
  }

  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("ignareo", Self.subject)
      switch self {
      case .holds(let keys, let challenge):
        $0.member("keys", keys.map(\.text))
        $0.member("challenge", Base64.encode(challenge))
      case .refused(let reason): $0.member("refused", reason)
      case .overtaken:
        $0.member("refused", KeyRefusal.overtaken.text)
        $0.member("overtaken", true)
      }
    }
    return writer.bytes
  }
}
