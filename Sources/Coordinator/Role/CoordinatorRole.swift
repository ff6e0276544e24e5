import Clockwork
import Gossip
import HTTP
import JSON
import Loop
import Net

/// The coordinator's process: a service, and its place in the cluster.
package enum CoordinatorRole {
  /// Runs on the calling thread until the coordinator has drained.
  ///
  /// - Returns: the exit status: 0 after a drain, 2 for a usage error, 1 when it could not start.
  package static func run(_ configuration: CoordinatorConfiguration) -> Int32 {
    RoleLifecycle.run(configuration.cluster, role: .coordinator) { lifecycle in
      let service = CoordinatorService(loop: lifecycle.loop, journal: MemoryJournal(), log: lifecycle.log)
      lifecycle.log.warning("batches_in_memory", ["why": "batches are kept in memory: a restart forgets them"])
      do {
        return try await start(service, configuration.cluster, lifecycle)
      } catch {
        await service.close()
        throw error
      }
    }
  }

  private static func start(
    _ service: CoordinatorService, _ options: ClusterOptions, _ lifecycle: RoleLifecycle
  ) async throws -> RoleLifecycle.Running {
    let http = try await listen(service, options)
    let membership = try await Membership.start(
      options, role: .coordinator, http: http, on: lifecycle.loop, log: lifecycle.log)
    let view = ClusterView(service: service, membership: membership)
    service.serve(view.surroundings, as: membership.name)
    return RoleLifecycle.Running(
      membership: membership, http: http, drain: { await service.drain() },
      close: {
        view.close()
        await service.close()
      })
  }

  private static func listen(
    _ service: CoordinatorService, _ options: ClusterOptions
  ) async throws(StartError) -> SocketAddress {
    let address = try await ListeningAddress.resolve(options.http, flag: "--http", on: service.loop)
    do throws(LoopError) { return try service.listen(address, names: options.ownNames) } catch {
      throw StartError(flag: "--http", authority: options.http, because: error)
    }
  }
}
