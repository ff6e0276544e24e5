import Clockwork
import Contract
import Gossip
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// A node without a cluster on loops of its own, and a client for it; everything runs on the first loop.
final class NodeBench: @unchecked Sendable {
  // Guarded by: the first loop's thread.
  let service: NodeService
  let client: HTTPClient
  let url: String
  /// What its answers are held against.
  let described: DescribedAPI
  private(set) var drainRequests = 0
  /// Why it may get no work although it runs.
  var unready: String?

  var loop: EventLoop { service.loop }
  var pool: TaskPool { service.pool }

  fileprivate init(_ loops: [EventLoop], capacity: Int, types: TaskTypes, shards: ShardShelf.Bounds) throws {
    service = NodeService(loops: loops, capacity: capacity, types: types, shards: shards, log: .silent)
    client = HTTPClient(loop: loops[0])
    described = try DescribedAPI.of(types)
    url = "http://\(try service.listen(SocketAddress(ip: "127.0.0.1", port: 0)!))"
  }

  fileprivate func serve() {
    service.serve(
      NodeAPI.Surroundings(
        status: { [service] in service.status(name: "bench", version: "1.2.3") },
        metrics: { [service] in service.write(into: &$0) },
        nodes: { $0.respond(json: NodesReport(members: [], loads: [:]).json()) },
        node: { $0.respond(json: member($1)) },
        nodeDrain: { $0.respond(status: 202, json: Array(#"{"name":"\#($1)","status":"draining"}"#.utf8)) },
        keys: { $0.respond(json: Array(#"{"ok":true,"keys":[],"members":[]}"#.utf8)) },
        unready: { [unowned self] in unready },
        drain: { [unowned self] in drainRequests += 1 }))
  }

  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let json: JSONValue
  }

  /// One request and its JSON answer, which must be as `/openapi.json` says.
  func ask(
    _ method: String = "GET", _ path: String, _ body: String? = nil, type: String? = "application/json",
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Answer {
    var request = HTTPClientRequest(url + path, method: method)
    if let body {
      request.body = .bytes(Array(body.utf8))
      if let type { request.headers.add("Content-Type", type) }
    }
    let response = try await client.fetch(request)
    let answer = DescribedAPI.Answer(
      method: method, path: path, status: response.status, headers: response.headers, body: response.body)
    let faults =
      described.faults(of: answer)
      + described.faults(inRequest: Array((body ?? "").utf8), as: type, of: answer)
    #expect(faults == [], "\(method) \(path)", sourceLocation: sourceLocation)
    let json = method == "HEAD" ? JSONValue.null : try JSONValue.parse(response.body)
    return Answer(status: response.status, headers: response.headers, json: json)
  }

  /// Registers one task and gives its path.
  func add(_ task: String) async throws -> String {
    let answer = try await ask("POST", "/tasks", task)
    #expect(answer.status == 202)
    return try #require(answer.json.at(pointer: "/tasks/0/href")?.string)
  }
}

/// A member of that name as `GET /nodes/{name}` shows it.
private func member(_ name: String) -> [UInt8] {
  var writer = JSONWriter()
  writer.object {
    $0.member("name", name)
    for (key, text) in [("role", "node"), ("state", "alive"), ("gossip", "127.0.0.1:7946")] { $0.member(key, text) }
    $0.member("incarnation", 1)
    $0.member("since", WallClock.now.rfc3339)
    $0.object("tags") { _ in }
  }
  return writer.bytes
}

/// Runs a test beside a node.
///
/// - Parameter serves: false leaves the node in its start.
func withNode(
  loops: Int = 1, capacity: Int = 100, types: TaskTypes = .builtIn, serves: Bool = true,
  shards: ShardShelf.Bounds = ShardShelf.Bounds(),
  _ body: @escaping @Sendable (NodeBench) async throws -> Void
) async throws {
  let loops = try (0..<loops).map { try EventLoop.start(name: "node-test-\($0)") }
  defer { loops[0].stop() }
  try await loops[0].spawn {
    let bench = try NodeBench(loops, capacity: capacity, types: types, shards: shards)
    if serves { bench.serve() }
    let result: Result<Void, any Error>
    do { result = .success(try await body(bench)) } catch { result = .failure(error) }
    bench.client.close()
    await bench.service.close()
    try result.get()
  }.value
}

/// A web server for tasks to talk to: answers what the test says, and notes who leaves early.
final class Website: HTTPHandler, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private var server: HTTPServer!
  private let answer: (Website, HTTPExchange) -> Void
  private(set) var requests: [String] = []
  private(set) var aborted = 0

  init(_ loop: EventLoop, _ answer: @escaping (Website, HTTPExchange) -> Void) throws {
    self.answer = answer
    server = try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: self)
  }

  var authority: String { "\(server.localAddress)" }
  func url(_ path: String = "/") -> String { "http://\(authority)\(path)" }
  func close() { server.close() }

  func handle(_ exchange: HTTPExchange) {
    requests.append("\(exchange.request.method) \(exchange.request.target)")
    exchange.onAbort { [self] in aborted += 1 }
    answer(self, exchange)
  }
}
