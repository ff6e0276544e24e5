import Batch
import HTTP
import JSON
import Loop
import Net

/// A node whose behaviour is a script: takes shards over HTTP and answers what the test wants.
final class FakeNode: HTTPHandler, @unchecked Sendable {
  // Guarded by: the loop's thread.
  let name: String
  private let capacity: Int
  private let types: [String]
  private let behave: (FakeShard) -> Void
  private var server: HTTPServer!
  private(set) var shards: [FakeShard] = []
  /// Every task that was begun here, by index.
  private(set) var begun: [Int] = []
  /// Refuses shards with this status, if set.
  var refusal: Int?
  /// The detail of a refusal.
  var refusalDetail = "not now"
  private(set) var refusals = 0
  /// So many cancellations are answered 404 before they are taken.
  var unknownCancels = 0
  private(set) var epochs: [Int] = []
  /// What it does with a shard that is taken up again; nil: it does not know it any more.
  var onAttach: ((FakeShard) -> Void)?
  /// Refuses to be asked for a shard again with this status, if set.
  var attachRefusal: Int?
  /// For how long it knows all shards that it took, in milliseconds: said with an answer that it does not know one.
  var knows: Int?
  /// How many lines they had who asked for a shard again.
  private(set) var attaches: [Int] = []
  /// Shards that it need not keep, as it was told with others.
  private(set) var done: [String] = []
  /// Those that it was told to forget.
  private(set) var forgotten: [String] = []
  /// Answers for a shard that an earlier coordinator sent.
  var inherited: ((_ id: String, HTTPExchange) -> Void)?
  /// The answer to `GET /shards`.
  var held = #"{"shards":[]}"#
  /// So many times it answers 503 instead, and how often it was asked.
  var heldRefusals = 0
  private(set) var heldAsked = 0

  init(
    _ loop: EventLoop, name: String, capacity: Int, types: [String], _ behave: @escaping (FakeShard) -> Void
  ) throws {
    (self.name, self.capacity, self.types, self.behave) = (name, capacity, types, behave)
    server = try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: self)
  }

  var authority: Authority { Authority(host: "127.0.0.1", port: server.localAddress.port) }
  var report: NodeReport { NodeReport(name: name, capacity: capacity, taskTypes: types) }

  func close() { server.close() }

  func handle(_ exchange: HTTPExchange) {
    let parts = exchange.request.pathSegments
    switch (exchange.request.method, parts.first) {
    case ("POST", "shards"):
      epochs.append(exchange.request.query["epoch"].flatMap { Int($0) } ?? -1)
      if let refusal { return refuse(exchange, refusal) }
      done += exchange.request.query["done"]?.split(separator: ",").map(String.init) ?? []
      exchange.collectBody(upTo: 1 << 26) { [self] result in
        guard case .success(let body) = result else { return }
        let shard = FakeShard(exchange, id: exchange.request.query["id"] ?? "", body)
        shards.append(shard)
        begun += shard.tasks.compactMap { $0["index"]?.int }
        behave(shard)
      }
    case ("GET", "shards") where parts.count == 2: attach(parts[1], exchange)
    case ("GET", "shards"):
      heldAsked += 1
      if heldAsked <= heldRefusals { return exchange.respond(status: 503) }
      exchange.respond(json: Array(held.utf8))
    case ("DELETE", "shards") where exchange.request.query["keep"] == nil:
      forgotten.append(parts[1])
      exchange.respond(json: Array("{}".utf8))
    case ("DELETE", "shards"):
      if unknownCancels > 0 {
        unknownCancels -= 1
        return exchange.respond(.notFound(exchange.request.path))
      }
      let indices = exchange.request.query.values("index").compactMap { Int($0) }
      for shard in shards where shard.id == parts.last {
        if indices.isEmpty { shard.cancelRest() } else { shard.cancel(indices) }
      }
      exchange.respond(json: Array("{}".utf8))
    case ("GET", "status"):
      let names = types.map { "\"\($0)\"" }.joined(separator: ",")
      exchange.respond(json: Array("{\"capacity\":\(capacity),\"running\":0,\"task_types\":[\(names)]}".utf8))
    case ("GET", "task-types"):
      let list = types.map { "{\"name\":\"\($0)\",\"summary\":\"does \($0)\"}" }.joined(separator: ",")
      exchange.respond(json: Array("{\"task_types\":[\(list)]}".utf8))
    default: exchange.respond(.notFound(exchange.request.path))
    }
  }
}

extension FakeNode {
  private func attach(_ id: String, _ exchange: HTTPExchange) {
    let after = exchange.request.query["after"].flatMap { Int($0) } ?? -1
    attaches.append(after)
    epochs.append(exchange.request.query["epoch"].flatMap { Int($0) } ?? -1)
    if let attachRefusal { return refuse(exchange, attachRefusal) }
    if let knows {
      return exchange.respond(.notFound(exchange.request.path), headers: ["Ignareo-Knows-Ms": String(knows)])
    }
    if let inherited { return inherited(id, exchange) }
    guard let onAttach, let shard = shards.first(where: { $0.id == id }) else {
      return exchange.respond(.notFound(exchange.request.path))
    }
    shard.resume(exchange, after: after)
    onAttach(shard)
  }

  private func refuse(_ exchange: HTTPExchange, _ status: Int) {
    refusals += 1
    let body = Array(#"{"detail":"\#(refusalDetail)"}"#.utf8)
    exchange.respond(status: status, headers: ["Retry-After": "0"], body: body)
  }
}

/// A shard in a fake node's hands.
final class FakeShard {
  private(set) var exchange: HTTPExchange
  let id: String
  let tasks: [JSONValue]
  private var ended: Set<Int> = []
  private(set) var cancelled: Set<Int> = []
  private var isOpen = false
  /// Results that were told, or would have been if somebody had listened.
  private var results: [String] = []
  private(set) var wasCancelled = false

  init(_ exchange: HTTPExchange, id: String, _ body: [UInt8]) {
    (self.exchange, self.id) = (exchange, id)
    tasks = body.split(separator: 0x0a).compactMap { try? JSONValue.parse($0) }
  }

  func write(_ text: String) {
    if text.hasPrefix("{\"index\"") { results.append(text) }
    say(text)
  }

  private func say(_ text: String) {
    if !isOpen { exchange.startStream(status: 200, headers: ["Content-Type": "application/x-ndjson"]) }
    isOpen = true
    exchange.write(Array((text + "\n").utf8))
  }

  func begin() { write(#"{"load":{"capacity":100,"running":1,"queued":0}}"#) }

  func complete(_ task: JSONValue) {
    guard let index = task["index"]?.int else { return }
    ended.insert(index)
    write(
      #"{"index":\#(index),"status":"ok","value":\#(task["args"]?.text ?? "null"),"started_ms":0.1,"duration_ms":1.5}"#)
  }

  func fail(_ task: JSONValue, _ error: String) {
    guard let index = task["index"]?.int else { return }
    ended.insert(index)
    write(#"{"index":\#(index),"status":"error","error":\#(error),"started_ms":0.1,"duration_ms":1.5}"#)
  }

  func cancelRest() {
    wasCancelled = true
    cancel(tasks.compactMap { $0["index"]?.int })
    end()
  }

  func cancel(_ indices: [Int]) {
    for index in indices where !ended.contains(index) {
      ended.insert(index)
      cancelled.insert(index)
      write(#"{"index":\#(index),"status":"cancelled","effect":true,"started_ms":0,"duration_ms":1}"#)
    }
  }

  func end() {
    write(#"{"end":true}"#)
    exchange.finish()
  }

  func completeAll() {
    for task in tasks { complete(task) }
    end()
  }

  /// What is left of its tasks.
  func completeRest() {
    for task in tasks where task["index"]?.int.map({ !ended.contains($0) }) == true { complete(task) }
    end()
  }

  /// Tells what the one who asks again does not have.
  func resume(_ exchange: HTTPExchange, after count: Int) {
    (self.exchange, isOpen) = (exchange, false)
    begin()
    for line in results.dropFirst(count) { say(line) }
  }

  /// Cuts the connection.
  func cut() { exchange.abort() }

  /// Ends the answer in its middle: as if the node had died.
  func drop() { exchange.finish() }
}
