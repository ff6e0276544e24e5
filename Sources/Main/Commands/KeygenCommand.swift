import Gossip

extension Command {
  static let keygen = Command(
    "keygen", "", "a new gossip key: 32 bytes in base64",
    details: """
      Keep it in a file that its owner alone can read, and start every member with it:
        (umask 077; ignareo keygen > gossip.key)
        ignareo node --gossip-key-file gossip.key ...
      """
  ) { flags in
    try flags.expectOperands(atMost: 0)
    Terminal.write(GossipKey.generate().base64 + "\n")
    return .well
  }
}
