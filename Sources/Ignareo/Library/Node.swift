internal import Gossip
internal import Loop

/// A node of the cluster: this process, with the task types that it was given.
///
///     @main struct Shop {
///       static func main() async throws {
///         var tasks = TaskTypes.builtIn
///         tasks.register("order", repeatable: false, summary: "orders a product") { (order: Order, context) in … }
///         try await Node.main(tasks) { node in node.log("ready to sell") }
///       }
///     }
public final class Node: Sendable {
  /// Its name in the cluster.
  public let name: String
  /// Where its HTTP API listens, as `127.0.0.1:55568`.
  public let httpAddress: String
  private let lifecycle: RoleLifecycle

  init(name: String, httpAddress: String, lifecycle: RoleLifecycle) {
    self.name = name
    self.httpAddress = httpAddress
    self.lifecycle = lifecycle
  }

  /// A line in the node's log, on standard error.
  public func log(_ message: String) { lifecycle.log.info("program_says", ["message": message]) }

  /// As SIGTERM: what runs is finished, nothing new is taken, the cluster is left, and `main` returns.
  public func drain() { lifecycle.requestDrain() }

  /// Runs a node with the flags of `ignareo node` until it has drained after SIGTERM, SIGINT or `POST /drain`.
  ///
  /// A node that cannot start ends the process with one line on standard error: status 2 for a usage error, else 1.
  /// With `--help` among the flags, they are listed on standard output, and the process ends.
  ///
  /// - Parameters:
  ///   - arguments: flags; by default the command line's.
  ///   - started: called once, when the node can be used.
  public static func main(
    _ tasks: TaskTypes = .builtIn, arguments: [String] = Array(CommandLine.arguments.dropFirst()),
    started: @escaping @Sendable (Node) -> Void = { _ in }
  ) async throws {
    if arguments.contains(where: { $0 == "--help" || $0 == "-h" }) {
      let program = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "node"
      RoleThread.endProcess(saying: NodeRole.help(program: program, tasks))
    }
    let status = await RoleThread.run { NodeRole.run(arguments: arguments, tasks, started: started) }
    if status != 0 { RoleThread.exitProcess(status) }
  }
}
