import Glibc
import Gossip

/// The program `ignareo`: its first argument names a command, one file each in Commands.
@main enum Program {
  static func main() {
    exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  static func run(_ arguments: [String]) -> ExitCode {
    guard let first = arguments.first else {
      Terminal.say(HelpCommand.overview)
      return .usage
    }
    switch first {
    case "--help", "-h": return run("help", Array(arguments.dropFirst()))
    case "--version", "-V": return run("version", Array(arguments.dropFirst()))
    default: return run(first, Array(arguments.dropFirst()))
    }
  }

  /// Every way for a command to fail comes by here and becomes one line and a status.
  private static func run(_ name: String, _ arguments: [String]) -> ExitCode {
    let command: Command
    do throws(UsageError) {
      command = try Command.named(name)
    } catch {
      return usage("ignareo: \(error)")
    }
    do {
      if arguments.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
        Terminal.write(command.page)
        return .well
      }
      return try command.run(try FlagScanner(command.flags).scan(arguments))
    } catch let error as UsageError {
      return usage("ignareo \(name): \(error)")
    } catch let failure as Failure {
      Terminal.say("ignareo \(name): \(failure)")
      return failure.status
    } catch {
      Terminal.say("ignareo \(name): \(error)")
      return .failed
    }
  }

  private static func usage(_ line: String) -> ExitCode {
    Terminal.say(line)
    return .usage
  }
}
