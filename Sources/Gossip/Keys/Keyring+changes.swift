extension Keyring {
  /// The ring after a change, this one where there is nothing to change: a change that failed halfway through the
  /// cluster is simply made again.
  func applying(_ change: KeyChange) throws(KeyRefusal) -> Keyring {
    switch change {
    case .install(let key):
      if keys.contains(key) { return self }
      guard keys.count < GossipLimits.keys else { throw .tooManyKeys }
      return Keyring(keys: keys + [key])!
    case .use(let fingerprint):
      guard let key = keys.first(where: { $0.fingerprint == fingerprint }) else { throw .unknownKey }
      return led(by: key)
    case .remove(let fingerprint):
      // Whoever still has it as its first could not be read by this member any more.
      guard keys[0].fingerprint != fingerprint else { throw .primaryKey }
      return Keyring(keys: keys.filter { $0.fingerprint != fingerprint })!
    }
  }

  var fingerprints: [KeyFingerprint] { keys.map(\.fingerprint) }
}

/// What can be done to the keys of a running cluster. Only an install tells a key; the others name one.
package enum KeyChange: Equatable, Sendable {
  case install(GossipKey)
  /// Encrypts with it from now on.
  case use(KeyFingerprint)
  case remove(KeyFingerprint)

  package var fingerprint: KeyFingerprint {
    switch self {
    case .install(let key): key.fingerprint
    case .use(let fingerprint), .remove(let fingerprint): fingerprint
    }
  }

  package var verb: String {
    switch self {
    case .install: "install"
    case .use: "use"
    case .remove: "remove"
    }
  }
}

/// Why one member does not make a change: the cause and the way out.
enum KeyRefusal: Error, Equatable {
  case noKeys
  case tooManyKeys
  case unknownKey
  case primaryKey
  /// Its keys are not, or soon will not be, those by which the order was judged.
  case overtaken
  case staleChallenge
  case notWritten(String)

  var text: String {
    switch self {
    case .noKeys: "its gossip is in the clear; start every member with --gossip-key-file"
    case .tooManyKeys: "it holds \(GossipLimits.keys) keys already; remove old ones first"
    case .unknownKey: "it does not hold this key; install it first"
    case .primaryKey: "it encrypts with this key; use another one first"
    case .overtaken: "another change of its keys came first; look at `ignareo keys list`, then give the order again"
    case .staleChallenge: "the order is too old or came twice; give it again"
    case .notWritten(let cause):
      "its key file cannot be written, so a restart would undo the change (\(cause)): "
        + "let it write the file and its folder, then give the order again"
    }
  }
}
