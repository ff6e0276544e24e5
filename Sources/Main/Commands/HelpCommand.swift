import Gossip

extension Command {
  static let help = Command("help", "[COMMAND]", "this text, or a command's own page") { flags in
    try flags.expectOperands(atMost: 1)
    Terminal.write(try flags.operands.first.map { try Command.named($0).page } ?? HelpCommand.overview)
    return .well
  }
}

enum HelpCommand {
  static var overview: String {
    var table = Table([.left(""), .left("")])
    for command in Command.all {
      table.add([command.name + (command.operands.isEmpty ? "" : " " + command.operands), command.summary])
    }
    return """
      Ignareo runs millions of HTTP requests and other waiting tasks on a cluster of nodes that find each other.

        ignareo COMMAND [flags]

      \(table.text(indent: 2))
      Client commands find the coordinator at --coordinator URL, or IGNAREO_COORDINATOR, or
      http://127.0.0.1:55555. Every flag can come from the environment: IGNAREO_ and its name.
      Data goes to standard output (--json for machines), all else to standard error.
      Exit status: 0 all well, 1 the work failed, 2 a usage error, 3 the cluster could not be reached,
      130 Ctrl-C while following a batch, which goes on.

      """
  }
}
