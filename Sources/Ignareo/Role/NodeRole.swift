internal import Gossip
internal import Loop

/// The node's process: a service, and its place in the cluster.
package enum NodeRole {
  /// Runs on the calling thread until the node has drained.
  ///
  /// - Parameter started: called once, when the node can be used.
  /// - Returns: the exit status: 0 after a drain, 2 for a usage error, 1 when the node could not start.
  package static func run(
    _ configuration: NodeConfiguration, _ types: TaskTypes, started: @escaping @Sendable (Node) -> Void = { _ in }
  ) -> Int32 {
    var types = types
    for worker in configuration.workers { types.add(worker) }
    return RoleLifecycle.run(configuration.cluster, role: .node) { [types] lifecycle in
      let service = NodeService(
        loops: try loops(configuration.loops, first: lifecycle.loop), capacity: configuration.capacity, types: types,
        connectionsPerHost: configuration.connectionsPerHost, log: lifecycle.log)
      let http = try await listen(service, configuration.cluster)
      let membership = try await Membership.start(
        configuration.cluster, role: .node, http: http, tags: configuration.tags, on: lifecycle.loop,
        log: lifecycle.log)
      serve(service, membership, lifecycle)
      started(Node(name: membership.name, httpAddress: http.description, lifecycle: lifecycle))
      return RoleLifecycle.Running(
        membership: membership, http: http, drain: { await service.drain() }, close: { await service.close() })
    }
  }

  /// The same for a command line.
  static func run(
    arguments: [String], _ types: TaskTypes, started: @escaping @Sendable (Node) -> Void
  ) -> Int32 {
    do throws(UsageError) {
      return run(try NodeConfiguration.parse(arguments, types: types), types, started: started)
    } catch {
      RoleLifecycle.complain(error.text, as: .node)
      return UsageError.exitStatus
    }
  }

  /// What `--help` says of a program of a user's own.
  static func help(program: String, _ types: TaskTypes) -> String {
    """
    \(program) [flags]

    Runs a node that has the task types \(types.names.joined(separator: ", ")).

    \(Flag.table(NodeConfiguration.declarations))
    Each flag can come from the environment, too: --join from IGNAREO_JOIN.
    Prints one line on standard output when it is ready: {"event":"ready","role":"node","name":…,"http":…}
    SIGTERM or SIGINT: takes nothing new, finishes what runs, leaves the cluster. A second one stops at once.

    """
  }

  private static func loops(_ count: Int, first: EventLoop) throws(StartError) -> [EventLoop] {
    var loops = [first]
    do throws(LoopError) {
      for place in 1..<max(1, count) { loops.append(try EventLoop.start(name: "loop-\(place)")) }
    } catch {
      throw StartError("cannot start loop \(loops.count) of \(count): \(error); fewer --loops need fewer threads")
    }
    return loops
  }

  private static func listen(
    _ service: NodeService, _ options: ClusterOptions
  ) async throws(StartError) -> SocketAddress {
    let address = try await ListeningAddress.resolve(options.http, flag: "--http", on: service.loop)
    do throws(LoopError) { return try service.listen(address, names: options.ownNames) } catch {
      throw StartError(flag: "--http", authority: options.http, because: error)
    }
  }

  private static func serve(_ service: NodeService, _ membership: Membership, _ lifecycle: RoleLifecycle) {
    let status = { service.status(name: membership.name, version: Release.version) }
    service.onSlowness = { isSlow in membership.updateMeta { $0.isSlow = isSlow } }
    let board = LoadBoard(membership: membership, client: service.client, mode: .onDemand)
    let nodes = NodesView(membership: membership, board: board, ownStatus: status)
    let keys = KeysView(membership: membership)
    service.serve(
      NodeAPI.Surroundings(
        status: status,
        metrics: { metrics in
          service.write(into: &metrics)
          membership.write(into: &metrics)
        },
        nodes: { nodes.respond(to: $0) }, node: { nodes.respond(to: $0, name: $1) },
        nodeDrain: { nodes.drain($0, name: $1, service.client) { lifecycle.requestDrain() } },
        keys: { keys.respond(to: $0) }, unready: { membership.nameConflict },
        drain: { lifecycle.requestDrain() }))
  }
}
