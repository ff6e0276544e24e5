import Gossip

extension Command {
  static let version = Command("version", "", "the program's version") { flags in
    try flags.expectOperands(atMost: 0)
    Terminal.write("ignareo \(Release.version)\n")
    return .well
  }
}
