import Batch
import Clockwork
import Gossip
import HTTP
import JSON
import Loop
import Net

/// The cluster as the coordinator's API shows it: nodes, task types and the coordinator's own status.
///
/// Guarded by: the loop's thread.
final class ClusterView: @unchecked Sendable {
  private let service: CoordinatorService
  private let membership: Membership
  private let board: LoadBoard
  private let nodes: NodesView
  private let keys: KeysView
  private let watch: NodeWatch
  private let startedAt: Instant

  init(service: CoordinatorService, membership: Membership) {
    (self.service, self.membership) = (service, membership)
    board = LoadBoard(membership: membership, client: service.client, mode: .follow)
    nodes = NodesView(membership: membership, board: board)
    keys = KeysView(membership: membership)
    watch = NodeWatch(membership: membership, board: board, dispatcher: service.dispatcher)
    startedAt = service.loop.now
    service.dispatcher.takeover.expectedNodes = { [weak membership] in
      let nodes = (membership?.members ?? []).filter { $0.meta.role == .node && $0.isListening }.map(\.name)
      return nodes.isEmpty ? nil : nodes
    }
  }

  func close() { service.loop.execute { [board] in board.close() } }

  var surroundings: CoordinatorAPI.Surroundings {
    CoordinatorAPI.Surroundings(
      status: { self.status }, metrics: { self.write(into: &$0) }, nodes: { self.nodes.respond(to: $0) },
      node: { self.nodes.respond(to: $0, name: $1) }, keys: { self.keys.respond(to: $0) },
      taskTypes: { self.answerTaskTypes($0) },
      nodeDrain: { self.nodes.drain($0, name: $1, self.service.client) },
      unready: { self.membership.nameConflict ?? self.service.journal.engine.trouble?.text })
  }

  /// `GET /status`.
  private var status: [UInt8] {
    let totals = nodes.report.totals
    let tasks = service.dispatcher.taskTotals
    var writer = JSONWriter()
    writer.object {
      $0.member("name", membership.name)
      $0.member("role", "coordinator")
      $0.member("version", Release.version)
      $0.member("uptime_s", (service.loop.now - startedAt).inSeconds.rounded())
      $0.member("batches", service.dispatcher.runningBatches)
      $0.member("running", tasks.running)
      $0.member("queued", tasks.waiting)
      $0.object("nodes") {
        $0.member("alive", totals.alive)
        $0.member("suspect", totals.suspect)
        $0.member("dead", totals.dead)
        $0.member("left", totals.left)
        $0.member("capacity", totals.capacity)
      }
      $0.member("draining", service.isDraining)
      $0.member("connections", service.connectionCount)
      $0.member("loop_lag_ms", TaskResult.rounded(service.loop.lag.inMilliseconds))
      $0.member("rss_bytes", ResidentMemory.bytes)
    }
    return writer.bytes
  }

  /// `GET /metrics`.
  private func write(into metrics: inout MetricsWriter) {
    let tasks = service.dispatcher.taskTotals
    metrics.gauge("ignareo_batches_running", "Batches that have not ended.", service.dispatcher.runningBatches)
    metrics.gauge("ignareo_batch_tasks", "Tasks of running batches, by state.") {
      $0.sample(tasks.running, ["state": "running"])
      $0.sample(tasks.waiting, ["state": "queued"])
    }
    let engine = service.dispatcher.book.journal.engine
    metrics.gauge("ignareo_journal_failing", "1 while the journal cannot be written.", engine.trouble == nil ? 0 : 1)
    metrics.gauge("ignareo_journal_pending_bytes", "Bytes that wait for the disk.", engine.pendingBytes)
    let pools = service.pools.totals
    metrics.gauge("ignareo_pools", "Pools of items that are made into tasks.", pools.pools)
    metrics.gauge("ignareo_pool_items", "Items of all pools, by state.") {
      $0.sample(pools.free, ["state": "free"])
      $0.sample(pools.leased, ["state": "leased"])
    }
    metrics.counter(
      "ignareo_hedged_total", "Tasks started a second time while the first attempt still ran.",
      service.dispatcher.hedgedTotal)
    let callbacks = service.callbacks
    metrics.gauge("ignareo_callbacks_pending", "Callbacks that are not delivered yet.", callbacks.pending)
    metrics.counter("ignareo_callbacks_delivered_total", "Callbacks that were answered 2xx.", callbacks.deliveredTotal)
    metrics.counter("ignareo_callbacks_failed_total", "Callbacks that were given up.", callbacks.failedTotal)
    metrics.counter(
      "ignareo_callback_calls_failed_total", "Calls that were not answered 2xx.", callbacks.callsFailedTotal)
    metrics.gauge("ignareo_draining", "1 while no new batch is taken.", service.isDraining ? 1 : 0)
    metrics.gauge("ignareo_connections", "Connections to the API that are open.", service.connectionCount)
    metrics.gauge("ignareo_loop_lag_seconds", "The longest that the loop was away from its work of late.") {
      $0.sample(service.loop.lag.inSeconds, ["loop": "0"])
    }
    ProcessUsage().write(into: &metrics)
    membership.write(into: &metrics)
  }

  /// `GET /task-types`: what the nodes say that can be run, each type from one of the nodes that have it.
  private func answerTaskTypes(_ exchange: HTTPExchange) {
    let living = membership.members.filter { $0.meta.role == .node && $0.isListening }
    let loads = board.loads
    var nodesOfType: [String: [ClusterMember]] = [:]
    for member in living {
      for type in loads[member.name]?.taskTypes ?? [] { nodesOfType[type, default: []].append(member) }
    }
    let list = TaskTypeList(nodes: nodesOfType.mapValues { $0.map(\.name) })
    // The fewest nodes whose lists together hold every type.
    var asked: [ClusterMember] = []
    for (_, members) in nodesOfType.sorted(by: { $0.key < $1.key }) {
      if !members.contains(where: { member in asked.contains { $0.name == member.name } }), let first = members.first {
        asked.append(first)
      }
    }
    let client = service.client
    let authorities = asked.compactMap(\.meta.http)
    service.loop.spawn {
      var described = list
      for authority in authorities {
        var request = HTTPClientRequest("http://\(authority)/task-types")
        request.timeout = .seconds(2)
        guard let response = try? await client.fetch(request), response.status == 200 else { continue }
        described.take(response.body)
      }
      exchange.respond(json: described.bytes)
    }
  }
}
