import Clockwork
import Gossip
import HTTP
import JSON
import Net

/// The coordinator's HTTP API: finds what a request is about and hands it there.
///
/// Guarded by: the loop's thread, on which the server calls it.
final class CoordinatorAPI: HTTPHandler, @unchecked Sendable {
  /// What the API shows of the process around it.
  struct Surroundings {
    /// The body of `GET /status`.
    let status: () -> [UInt8]
    /// Writes what `GET /metrics` tells.
    let metrics: (inout MetricsWriter) -> Void
    let nodes: (HTTPExchange) -> Void
    let node: (HTTPExchange, _ name: String) -> Void
    let keys: (HTTPExchange) -> Void
    let taskTypes: (HTTPExchange) -> Void
    var nodeDrain: (HTTPExchange, _ name: String) -> Void = { exchange, _ in exchange.respond(.starting) }
    /// Why it may get no batches although it runs; nil when all is well.
    var unready: () -> String? = { nil }
  }

  private let batches: BatchEndpoints
  private let submissions: SubmissionEndpoint
  private let additions: AdditionEndpoint
  private let results: ResultEndpoints
  private let pools: PoolEndpoints
  /// `GET /openapi.json`, made when it is first asked for: a coordinator starts sooner without it.
  private lazy var description = CoordinatorDescription.json()
  /// Nil until the coordinator has found its place in the cluster.
  private var surroundings: Surroundings?
  private(set) var isDraining = false

  init(dispatcher: Dispatcher, journal: Journal, callbacks: Callbacks, pools book: PoolBook) {
    batches = BatchEndpoints(dispatcher: dispatcher)
    submissions = SubmissionEndpoint(dispatcher: dispatcher, journal: journal, callbacks: callbacks, pools: book)
    additions = AdditionEndpoint(dispatcher: dispatcher, journal: journal)
    results = ResultEndpoints(dispatcher: dispatcher)
    pools = PoolEndpoints(book, journal: journal)
  }

  func serve(_ surroundings: Surroundings) { self.surroundings = surroundings }

  /// The journal got into trouble, or out of it.
  func journalChanged() {
    submissions.journalChanged()
    additions.journalChanged()
    pools.book.journalChanged()
  }

  /// New batches are refused from here on.
  func drain() {
    isDraining = true
    pools.book.drain()
  }

  func handle(_ exchange: HTTPExchange) {
    let request = exchange.request
    guard let route = CoordinatorRoute(request.pathSegments) else { return exchange.respond(.notFound(request.path)) }
    let methods = route.template.methods
    guard methods.contains(request.method) else {
      let allow = methods.joined(separator: ", ")
      return exchange.respond(.methodNotAllowed(request.method, request.path, allow: allow))
    }
    guard let surroundings else {
      guard route == .alive else { return exchange.respond(.starting) }
      return exchange.respond(json: Self.alive)
    }
    do throws(Problem) { try answer(exchange, route, surroundings) } catch { exchange.respond(error) }
  }

  private func answer(
    _ exchange: HTTPExchange, _ route: CoordinatorRoute, _ surroundings: Surroundings
  ) throws(Problem) {
    switch (route, exchange.request.method) {
    case (.batches, "POST"):
      guard !isDraining else { throw .draining }
      try submissions.take(exchange)
    case (.batches, _): try batches.list(exchange)
    case (.batch(let id), "DELETE"): try batches.delete(id, exchange)
    case (.batch(let id), _): try batches.show(id, exchange)
    case (.results(let id), _): try results.list(batches.find(id, exchange), exchange)
    case (.summary(let id), _): try results.summarize(batches.find(id, exchange), exchange)
    case (.events(let id), _): EventStream.start(try batches.find(id, exchange), batches.dispatcher, exchange)
    case (.task(let id, let index), _): try batches.showTask(id, index: index, exchange)
    case (.tasks(let id), _):
      guard !isDraining else { throw .drainingOpen }
      try additions.take(batches.find(id, exchange), exchange)
    case (.close(let id), _): try additions.close(batches.find(id, exchange), exchange)
    case (.pools, _): try pools.list(exchange)
    case (.pool(let name), "DELETE"): try pools.delete(name, exchange)
    case (.pool(let name), _): try pools.show(name, exchange)
    case (.poolItems(let name), _):
      guard !isDraining else { throw .drainingPool }
      try pools.take(name, exchange)
    case (.poolClose(let name), _): try pools.close(name, exchange)
    case (.nodes, _): surroundings.nodes(exchange)
    case (.node(let name), _): surroundings.node(exchange, name)
    case (.nodeDrain(let name), _): surroundings.nodeDrain(exchange, name)
    case (.keys, _): surroundings.keys(exchange)
    case (.taskTypes, _): surroundings.taskTypes(exchange)
    case (.status, _): exchange.respond(json: surroundings.status())
    case (.metrics, _): exchange.respondMetrics(surroundings.metrics)
    case (.openAPI, _): exchange.respond(json: description)
    case (.alive, _): exchange.respond(json: Self.alive)
    case (.ready, _):
      guard !isDraining else { throw .draining }
      if let problem = surroundings.unready() { throw .unready(problem) }
      exchange.respond(json: Array(#"{"status":"ready"}"#.utf8))
    }
  }

  private static let alive = Array(#"{"status":"alive"}"#.utf8)
}

extension Problem {
  static let starting = Problem(
    status: 503, code: "starting", title: "The coordinator is starting",
    detail: "It has not joined its cluster yet; ask again in a second.", retryAfter: 1)

  static let draining = Problem(
    status: 503, code: "draining", title: "The coordinator is draining",
    detail: "It takes no new batch because it is going down; send it to another coordinator, or again once it is back.",
    retryAfter: 10)

  static let drainingOpen = Problem(
    status: 503, code: "draining", title: "The coordinator is draining",
    detail: "It takes no more tasks because it is going down; the batch stays open: send them again once it is back.",
    retryAfter: 10)

  static let drainingPool = Problem(
    status: 503, code: "draining", title: "The coordinator is draining",
    detail: "It takes no more items because it is going down; the pool stays: send them again once it is back.",
    retryAfter: 10)

  static func noSpace(_ trouble: JournalTrouble) -> Problem {
    Problem(
      status: trouble == .full ? 507 : 503, code: trouble == .full ? "no_space" : "journal_failing",
      title: trouble == .full ? "The disk is full" : "The journal cannot be written",
      detail: "Nothing was kept: \(trouble.text). Running batches pause and go on by themselves.", retryAfter: 10)
  }

  static let full = Problem(
    status: 503, code: "full", title: "The coordinator is full",
    detail:
      "Running batches hold all that --keep allows; send the batch again when one has ended.",
    retryAfter: 10)

  static func badRequest(_ detail: String, pointer: String? = nil) -> Problem {
    Problem(
      status: 400, code: "bad_request", title: "Bad request", detail: detail,
      faults: pointer.map { [Fault(pointer: $0, detail: detail)] } ?? [])
  }

  static func badParameter(_ name: String, _ value: String, _ wanted: String) -> Problem {
    badRequest("?\(name)= must be \(wanted), not '\(value)'.")
  }

  static func noBatch(_ path: String) -> Problem {
    Problem(
      status: 404, code: "no_batch", title: "No such batch",
      detail: "No batch has this id here; GET /batches lists those that are kept.", instance: path)
  }
}
