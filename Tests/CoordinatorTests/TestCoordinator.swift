import Batch
import Clockwork
import Contract
import Gossip
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

/// A coordinator on a loop of its own, with fake nodes on the same loop, met over real sockets.
final class TestCoordinator: @unchecked Sendable {
  // Guarded by: the loop's thread, on which `run` puts a test's story.
  let loop: EventLoop
  let service: CoordinatorService
  let client: HTTPClient
  private let address: SocketAddress
  private var nodes: [FakeNode] = []
  /// Why it may get no batches although it runs.
  var unready: String?
  private let opening: JournalOpening

  var journal: Journal { service.journal }

  private init(
    _ loop: EventLoop, _ folder: String, keepBytes: Int, callbacks: CallbackRules, expecting nodes: [String]?
  ) throws {
    self.loop = loop
    opening = try JournalOpening(folder)
    let engine = try FileEngine(folder: opening.folder, on: loop, log: .silent)
    let keep = Retention(age: .seconds(3_600), bytes: keepBytes)
    service = CoordinatorService(loop: loop, journal: Journal(engine), log: .silent, keep: keep, callbacks: callbacks)
    client = HTTPClient(loop: loop)
    address = try service.listen(SocketAddress(ip: "127.0.0.1", port: 0)!)
    service.restore(opening.readBatches())
    service.dispatcher.takeover.expectedNodes = { nodes }
    service.serve(
      CoordinatorAPI.Surroundings(
        status: { Array("{}".utf8) }, metrics: { _ in },
        nodes: { $0.respond(json: NodesReport(members: [], loads: [:]).json()) },
        node: { $0.respond(.notFound("/nodes/\($1)")) },
        keys: { $0.respond(json: Array(#"{"ok":true,"keys":[],"members":[]}"#.utf8)) },
        taskTypes: { $0.respond(json: TaskTypeList(nodes: [:]).bytes) },
        unready: { [unowned self] in unready }),
      as: "c1")
  }

  /// Runs a test's story on the loop of a fresh coordinator.
  static func run<Value: Sendable>(
    journalBytes: Int = 1 << 30, callbacks: CallbackRules = CallbackRules(),
    _ story: @escaping @Sendable (TestCoordinator) async throws -> Value
  ) async throws -> Value {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    return try await run(in: folder.path, journalBytes: journalBytes, callbacks: callbacks, story)
  }

  /// The same on a folder that may hold what an earlier coordinator left.
  static func run<Value: Sendable>(
    in folder: String, journalBytes: Int = 1 << 30, callbacks: CallbackRules = CallbackRules(),
    expecting nodes: [String]? = [],
    _ story: @escaping @Sendable (TestCoordinator) async throws -> Value
  ) async throws -> Value {
    let loop = try EventLoop.start(name: "coordinator")
    defer { loop.stop() }
    return try await loop.spawn { () async throws -> Value in
      let coordinator = try TestCoordinator(
        loop, folder, keepBytes: journalBytes, callbacks: callbacks, expecting: nodes)
      do {
        let value = try await story(coordinator)
        await coordinator.close()
        return value
      } catch {
        await coordinator.close()
        throw error
      }
    }.value
  }

  private func close() async {
    client.close()
    await service.close()
    for node in nodes { node.close() }
    opening.close()
    await loop.yield()
  }

  @discardableResult
  func node(
    _ name: String, capacity: Int = 100, types: [String] = ["echo", "http", "worker"],
    _ behave: @escaping (FakeShard) -> Void = { $0.completeAll() }
  ) throws -> FakeNode {
    let node = try FakeNode(loop, name: name, capacity: capacity, types: types, behave)
    nodes.append(node)
    service.dispatcher.nodeSeen(node.report, at: node.authority)
    return node
  }

  /// A node that has shards from before: their ids, batches and indices. `answer` gives their results again.
  @discardableResult
  func node(
    _ name: String, held: [(id: String, batch: String, indexes: [Int])],
    _ answer: @escaping (_ id: String, HTTPExchange) -> Void
  ) throws -> FakeNode {
    let node = try FakeNode(loop, name: name, capacity: 100, types: ["echo", "http", "worker"]) { $0.completeAll() }
    nodes.append(node)
    let list = held.map {
      #"{"id":"\#($0.id)","batch":"\#($0.batch)","epoch":1,"ended":0,"indexes":\#($0.indexes),"attached":false}"#
    }
    node.held = #"{"shards":[\#(list.joined(separator: ","))]}"#
    node.inherited = answer
    service.dispatcher.nodeSeen(node.report, at: node.authority)
    return node
  }

  // MARK: Requests

  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue { get throws { try JSONValue.parse(body) } }
    var lines: [JSONValue] { get throws { try body.split(separator: 0x0a).map { try JSONValue.parse($0) } } }
  }

  func send(
    _ method: String, _ path: String, body: String? = nil, type: String? = "application/json",
    headers: HTTPHeaders = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Answer {
    try await send(
      method, path, bytes: body.map { Array($0.utf8) }, type: type, headers: headers, sourceLocation: sourceLocation)
  }

  /// One request and its answer, which must be as `/openapi.json` says.
  func send(
    _ method: String, _ path: String, bytes: [UInt8]?, type: String? = "application/json", headers: HTTPHeaders = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Answer {
    var headers = headers
    if bytes != nil, let type { headers.add("Content-Type", type) }
    var request = HTTPClientRequest(
      "http://\(address)\(path)", method: method, headers: headers, body: bytes.map { .bytes($0) } ?? .none)
    request.timeout = .seconds(20)
    let response = try await client.fetch(request)
    let isCoded = headers["Content-Encoding"] != nil
    let faults = DescribedAPI.coordinator.faults(
      of: response, to: method, path, isCoded ? [] : bytes ?? [], as: type)
    #expect(faults == [], "\(method) \(path)", sourceLocation: sourceLocation)
    return Answer(status: response.status, headers: response.headers, body: response.body)
  }

  func get(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> Answer {
    try await send("GET", path, sourceLocation: sourceLocation)
  }

  /// Submits and gives the batch's path.
  func submit(_ tasks: String, query: String = "") async throws -> String {
    let answer = try await send("POST", "/batches\(query)", body: "{\"tasks\":\(tasks)}")
    #expect(answer.status == 202, "\(answer.text)")
    return try #require(answer.headers["Location"])
  }

  /// The batch's document once it says what is wanted.
  func wait(for path: String, until isThere: (JSONValue) -> Bool) async throws -> JSONValue {
    for _ in 0..<2_000 {
      let document = try await get(path).json
      if isThere(document) { return document }
      try await loop.sleep(for: .milliseconds(5))
    }
    throw Missed(text: try await get(path).text)
  }

  func done(_ path: String) async throws -> JSONValue {
    try await wait(for: path) { $0["finished_at"]?.isNull == false }
  }

  /// A condition that did not come true in time.
  struct Missed: Error { let text: String }

  func until(_ isThere: () -> Bool) async throws {
    for _ in 0..<2_000 {
      if isThere() { return }
      try await loop.sleep(for: .milliseconds(5))
    }
    throw Missed(text: "a condition")
  }

  func connect() async throws -> RawPeer {
    try await withUnsafeThrowingContinuation { continuation in
      TCPConnection.connect(to: address, on: loop, timeout: .seconds(10)) { result in
        continuation.resume(with: result.map { RawPeer($0) }.mapError { $0 as any Error })
      }
    }
  }
}

/// A client that writes bytes as they are and reads only when it is told to.
final class RawPeer: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private(set) var received: [UInt8] = []
  private let connection: TCPConnection

  init(_ connection: TCPConnection) {
    self.connection = connection
    connection.delegate = self
  }

  func send(_ text: String) { connection.write(Array(text.utf8)) }
  func read() { connection.startReading() }
  func close() { connection.close() }
  var text: String { String(decoding: received, as: UTF8.self) }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    for index in bytes.indices { received.append(bytes[index]) }
  }

  func connectionDrained(_ connection: TCPConnection) {}
  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {}
}
