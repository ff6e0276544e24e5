import Gossip
import Loop
import Net

/// The coordinator's process: a service, and its place in the cluster.
package enum CoordinatorRole {
  /// Runs on the calling thread until the coordinator has drained.
  ///
  /// - Returns: the exit status: 0 after a drain, 2 for a usage error, 1 when it could not start.
  package static func run(_ configuration: CoordinatorConfiguration) -> Int32 {
    RoleLifecycle.run(configuration.cluster, role: .coordinator) { lifecycle in
      let opening = try open(configuration)
      let engine = try engine(opening, configuration, lifecycle)
      var keep = configuration.keep
      if !engine.isDurable { keep.bytes = min(keep.bytes, CoordinatorLimits.memoryBytes) }
      let service = CoordinatorService(
        loop: lifecycle.loop, journal: Journal(engine), log: lifecycle.log, keep: keep,
        callbacks: CallbackRules(secret: configuration.callbackSecret))
      do {
        return try await start(service, opening, configuration, lifecycle)
      } catch {
        await service.close()
        opening?.close()
        throw error
      }
    }
  }

  /// Nil for a journal in memory.
  private static func open(_ configuration: CoordinatorConfiguration) throws(StartError) -> JournalOpening? {
    guard configuration.journal == .files else { return nil }
    do throws(JournalOpening.Refusal) {
      return try JournalOpening(configuration.dataFolder)
    } catch {
      throw StartError(error.text, exitStatus: 1)
    }
  }

  private static func engine(
    _ opening: JournalOpening?, _ configuration: CoordinatorConfiguration, _ lifecycle: RoleLifecycle
  ) throws(LoopError) -> any JournalEngine {
    guard let opening else {
      lifecycle.log.warning("batches_in_memory", ["why": "--journal memory: a restart forgets all batches"])
      return MemoryEngine()
    }
    return try FileEngine(folder: opening.folder, on: lifecycle.loop, log: lifecycle.log)
  }

  private static func start(
    _ service: CoordinatorService, _ opening: JournalOpening?, _ configuration: CoordinatorConfiguration,
    _ lifecycle: RoleLifecycle
  ) async throws -> RoleLifecycle.Running {
    let http = try await listen(service, configuration.cluster)
    if let opening {
      let found = try await BlockingCall.run("journal-open", on: lifecycle.loop) { opening.readBatches() }
      service.restore(found)
    }
    let membership = try await Membership.start(
      configuration.cluster, role: .coordinator, http: http, dataFolder: configuration.dataFolder,
      on: lifecycle.loop, log: lifecycle.log)
    let view = ClusterView(service: service, membership: membership)
    service.serve(view.surroundings, as: membership.name)
    return RoleLifecycle.Running(
      membership: membership, http: http, drain: { await service.drain() },
      close: {
        view.close()
        await service.close()
        opening?.close()
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
