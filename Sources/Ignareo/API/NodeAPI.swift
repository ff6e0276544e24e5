internal import Clockwork
internal import Gossip
internal import HTTP
internal import JSON
package import Net

/// A node's HTTP API: finds what a request is about and hands it there.
///
/// Guarded by: loop 0's thread, on which the server calls it.
package final class NodeAPI: HTTPHandler, @unchecked Sendable {
  /// What the API shows of the process around it.
  package struct Surroundings {
    let status: () -> [UInt8]
    let metrics: (inout MetricsWriter) -> Void
    let nodes: (HTTPExchange) -> Void
    let node: (HTTPExchange, _ name: String) -> Void
    let nodeDrain: (HTTPExchange, _ name: String) -> Void
    let keys: (HTTPExchange) -> Void
    let unready: () -> String?
    let drain: () -> Void

    /// - Parameters:
    ///   - status: the body of `GET /status`.
    ///   - metrics: writes what `GET /metrics` tells.
    ///   - nodes: answers `GET /nodes`.
    ///   - node: answers `GET /nodes/{name}`.
    ///   - nodeDrain: answers `POST /nodes/{name}/drain`.
    ///   - keys: answers `/keys`.
    ///   - unready: why this member may get no work although it runs; nil when all is well.
    ///   - drain: begins what SIGTERM begins.
    package init(
      status: @escaping () -> [UInt8], metrics: @escaping (inout MetricsWriter) -> Void,
      nodes: @escaping (HTTPExchange) -> Void, node: @escaping (HTTPExchange, _ name: String) -> Void,
      nodeDrain: @escaping (HTTPExchange, _ name: String) -> Void, keys: @escaping (HTTPExchange) -> Void,
      unready: @escaping () -> String? = { nil }, drain: @escaping () -> Void
    ) {
      (self.status, self.metrics) = (status, metrics)
      (self.nodes, self.node, self.nodeDrain) = (nodes, node, nodeDrain)
      (self.keys, self.unready, self.drain) = (keys, unready, drain)
    }
  }

  private let pool: TaskPool
  private let tasks: TaskEndpoints
  private let sockets: SocketEndpoint
  private let shards: ShardEndpoints
  private let values: WaitingValues
  /// `GET /openapi.json`, made when it is first asked for: a node starts sooner without it.
  private lazy var description = NodeDescription.json(of: pool.types)
  /// nil until the node has found its place in the cluster.
  private var surroundings: Surroundings?

  init(pool: TaskPool, shards bounds: ShardShelf.Bounds, load: @escaping () -> NodeLoad) {
    self.pool = pool
    values = WaitingValues()
    tasks = TaskEndpoints(pool: pool, values: values)
    sockets = SocketEndpoint(pool: pool, values: values)
    shards = ShardEndpoints(pool: pool, bounds: bounds, load: load)
  }

  package var routes: [String] { NodeRoute.Template.allCases.map(\.path) }

  package func handle(_ exchange: HTTPExchange) {
    let request = exchange.request
    guard let route = NodeRoute(request.pathSegments) else { return exchange.respond(.notFound(request.path)) }
    let methods = route.template.methods
    exchange.route = route.template.rawValue
    guard methods.contains(request.method) else {
      let allow = methods.joined(separator: ", ")
      return exchange.respond(.methodNotAllowed(request.method, request.path, allow: allow))
    }
    answer(exchange, route)
  }

  package func serve(_ surroundings: Surroundings) { self.surroundings = surroundings }

  /// Once a second, by the service.
  package func tick() { shards.tick() }

  /// Breaks off every shard: its results are not told any more.
  package func abandonShards() { shards.abandonAll() }

  /// Whether the exchange of some shard broke whose coordinator may still come back.
  var coordinators: Int { shards.coordinators }

  var awaitsCoordinators: Bool { shards.isWaitedFor }

  /// Ends every stream of tasks, and lets every socket end once all is told that is owed to it.
  package func drain() {
    tasks.endStreams()
    sockets.endAll()
  }

  func write(into metrics: inout MetricsWriter) {
    shards.write(into: &metrics)
    metrics.gauge("ignareo_sockets", "WebSockets at /socket that are open.", sockets.count)
    metrics.counter("ignareo_sockets_opened_total", "WebSockets at /socket that were opened.", sockets.opened)
    metrics.gauge(
      "ignareo_sockets_waiting_bytes", "Values that wait for the clients of sockets.", sockets.waitingBytes)
    metrics.gauge(
      "ignareo_task_values_waiting_bytes", "Values that wait for the clients of sockets and of ?wait=.", values.bytes)
  }

  private func answer(_ exchange: HTTPExchange, _ route: NodeRoute) {
    guard let surroundings else {
      guard route == .alive else { return exchange.respond(.starting) }
      return exchange.respond(json: Self.alive)
    }
    switch (route, exchange.request.method) {
    case (.tasks, "POST"): tasks.post(exchange)
    case (.tasks, _): tasks.list(exchange)
    case (.task(let id), "DELETE"): tasks.cancel(id, exchange)
    case (.task(let id), _): tasks.show(id, exchange)
    case (.taskTypes, _): exchange.respond(json: pool.types.json)
    case (.socket, _): sockets.open(exchange)
    case (.shards, "POST"): shards.take(exchange)
    case (.shards, _): shards.list(exchange)
    case (.shard(let id), "DELETE"): shards.cancel(id, exchange)
    case (.shard(let id), _): shards.attach(id, exchange)
    case (.nodes, _): surroundings.nodes(exchange)
    case (.node(let name), _): surroundings.node(exchange, name)
    case (.nodeDrain(let name), _): surroundings.nodeDrain(exchange, name)
    case (.keys, _): surroundings.keys(exchange)
    case (.status, _): exchange.respond(json: surroundings.status())
    case (.alive, _): exchange.respond(json: Self.alive)
    case (.ready, _): answerReady(exchange, surroundings.unready())
    case (.metrics, _): exchange.respondMetrics(surroundings.metrics)
    case (.openAPI, _): exchange.respond(json: description)
    case (.drain, _):
      surroundings.drain()
      exchange.respond(status: 202, json: Array(#"{"status":"draining"}"#.utf8))
    }
  }

  private static let alive = Array(#"{"status":"alive"}"#.utf8)

  private func answerReady(_ exchange: HTTPExchange, _ problem: String?) {
    guard !pool.isDraining else { return exchange.respond(Problem(PoolRefusal.draining)) }
    if let problem { return exchange.respond(.unready(problem)) }
    exchange.respond(json: Array(#"{"status":"ready"}"#.utf8))
  }
}

extension Problem {
  fileprivate static let starting = Problem(
    status: 503, code: "starting", title: "The node is starting", detail: "It has not joined its cluster yet.",
    retryAfter: 1)

  init(_ refusal: PoolRefusal) {
    self.init(
      status: 503, code: refusal == .draining ? "draining" : "full",
      title: refusal == .draining ? "The node is draining" : "The node is full", detail: refusal.text,
      retryAfter: refusal.retryAfterSeconds)
  }
}

extension TaskTypes {
  /// `GET /task-types`.
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { object in
      object.array("task_types") { array in
        for type in inOrder {
          array.object {
            $0.member("name", type.name)
            $0.member("summary", type.summary)
            $0.member("timeout_s", type.timeout.inSeconds)
            $0.member("arguments", type.schema)
          }
        }
      }
    }
    return writer.bytes
  }
}
