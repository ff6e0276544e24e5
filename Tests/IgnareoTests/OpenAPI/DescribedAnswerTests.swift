import Contract
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// Real requests whose answers are held against the description; `NodeBench.ask` does so in every other test too.
@Suite("Answers as they are described", .timeLimit(.minutes(2)))
struct DescribedAnswerTests {
  private static let nobody = "0197a000-0000-7000-8000-000000000000"

  @Test("the node gives its description as JSON, and it is about the types that are registered here")
  func document() async throws {
    var types = TaskTypes.builtIn
    types.registerWorker("mine", command: "cat")
    try await withNode(types: types) { node async throws in
      let answer = try await node.ask("GET", "/openapi.json")
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.json == node.described.document && answer.json["openapi"]?.string == "3.1.0")
      #expect(answer.json.at(pointer: "/components/schemas/Task.mine") != nil)
      #expect(try await node.ask("HEAD", "/openapi.json").status == 200)
    }
  }

  @Test("each answer that a path of its own has is really given")
  func given() async throws {
    let seen = Seen()
    try await withNode(capacity: 2) { node async throws in
      func ask(
        _ method: String, _ path: String, _ body: String? = nil, type: String? = "application/json", is expected: Int
      ) async throws {
        let answer = try await node.ask(method, path, body, type: type)
        #expect(answer.status == expected, "\(method) \(path): \(answer.json)")
        seen.note(method, node.described.item(for: path)?.template, answer.status)
      }
      let ndjson = "application/x-ndjson"
      let large = #"{"task":"echo","args":"\#(String(repeating: "x", count: mebibyte + 2_048))"}"#
      for path in [
        "/task-types", "/nodes", "/nodes/n", "/keys", "/status", "/healthz", "/readyz", "/tasks", "/openapi.json",
      ] {
        for method in ["GET", "HEAD"] { try await ask(method, path, is: 200) }
      }
      try await ask("HEAD", "/metrics", is: 200)
      try await ask("POST", "/tasks?wait=60", #"[{"task":"echo"},{"task":"fail"}]"#, is: 200)
      try await ask("POST", "/tasks?wait=0", #"{"task":"sleep","args":{"seconds":60}}"#, is: 202)
      try await ask("POST", "/tasks", "{", is: 400)
      try await ask("POST", "/tasks", large, is: 413)
      try await ask("POST", "/tasks", "x", type: "text/plain", is: 415)
      let task = try await node.add(#"{"task":"sleep","args":{"seconds":60}}"#)
      for method in ["GET", "HEAD", "DELETE"] {
        try await ask(method, "/tasks/\(Self.nobody)", is: 404)
        try await ask(method, task, is: 200)
      }
      try await ask("GET", "/tasks?state=odd", is: 400)
      try await ask("GET", "/socket", is: 426)
      let shard = "/shards?id=\(Self.nobody)"
      try await ask("POST", shard + "&epoch=x", "", type: ndjson, is: 400)
      try await ask("POST", shard, large, type: ndjson, is: 413)
      try await ask("POST", shard, "x", type: "text/plain", is: 415)
      let twice = #"{"index":1,"task":"echo"}"#
      try await ask("POST", shard, "\(twice)\n\(twice)", type: ndjson, is: 409)
      for method in ["GET", "DELETE"] { try await ask(method, "/shards/\(Self.nobody)", is: 404) }
      for method in ["GET", "HEAD"] { try await ask(method, "/shards", is: 200) }
      try await ask("POST", "/nodes/n/drain", is: 202)
      try await ask("POST", "/drain", is: 202)
      node.unready = "the name is taken by a live member at 10.0.0.7:7946"
      let unready = try await node.ask("GET", "/readyz")
      #expect(unready.status == 503 && unready.json["detail"]?.string?.contains("10.0.0.7:7946") == true)
      for (method, path) in [("PUT", "/tasks"), ("GET", "/drain"), ("POST", "/openapi.json"), ("GET", "/nowhere")] {
        _ = try await node.ask(method, path)
      }
    }
    // Told elsewhere: a shard's stream and its cancellation, an opened socket, a page's, the cluster's, its keys',
    // other members' drains and the metrics.
    let elsewhere: Set = [
      "POST /shards 200", "GET /shards/{id} 200", "GET /shards/{id} 409", "DELETE /shards/{id} 200", "GET /socket 101",
      "GET /socket 403", "GET /nodes/{name} 404",
      "HEAD /nodes/{name} 404", "GET /metrics 200", "GET /keys 409", "HEAD /keys 409", "POST /keys 200",
      "POST /keys 409", "POST /nodes/{name}/drain 404", "POST /nodes/{name}/drain 409", "POST /nodes/{name}/drain 502",
    ]
    let api = try DescribedAPI.of(.builtIn)
    let common = Set(["400", "403", "408", "414", "417", "431", "501", "503", "505"])
    for (path, item) in api.items {
      for (method, operation) in item.members ?? [] {
        for status in (operation["responses"]?.members ?? []).map(\.key.string) {
          let name = "\(method.string.uppercased()) \(path) \(status)"
          if common.contains(status) || elsewhere.contains(name) { continue }
          #expect(seen.answers.contains(name), "\(name) is described and was not given")
        }
      }
    }
  }

  private final class Seen: @unchecked Sendable {
    // Guarded by: the loop's thread, and read when that has ended.
    private(set) var answers: Set<String> = []
    func note(_ method: String, _ path: String?, _ status: Int) { answers.insert("\(method) \(path ?? "") \(status)") }
  }

  @Test(
    "what is no request, or none that can be served, is answered as every path describes it",
    arguments: [
      (400, "GET /healthz HTTP/1.1\r\n\r\n"), (400, "GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
      (414, "GET /healthz?\(String(repeating: "x", count: 9_000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
      (417, "GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n"),
      (431, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 70_000))\r\n\r\n"),
      (501, "POST /drain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
      (505, "GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n"),
      (403, "POST /drain HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nConnection: close\r\n\r\n"),
    ])
  func noRequest(status: Int, text: String) async throws {
    try await withNode { node async throws in
      let answer = try await node.say(text)
      #expect(answer.status == status)
      let path = text.hasPrefix("POST") ? "/drain" : "/healthz"
      let described = DescribedAPI.Answer(
        method: text.hasPrefix("POST") ? "POST" : "GET", path: path, status: answer.status, headers: answer.headers,
        body: answer.body)
      #expect(node.described.faults(of: described) == [])
      #expect(node.drainRequests == 0)
    }
  }

  @Test("a node that starts and one that drains answer 503 as it is described")
  func unavailable() async throws {
    try await withNode(serves: false) { node async throws in
      for path in ["/tasks", "/status", "/metrics", "/openapi.json", "/nodes/n"] {
        #expect(try await node.ask("GET", path).status == 503)
      }
    }
    try await withNode { node async throws in
      let drained = node.loop.spawn { await node.service.drain() }
      await drained.value
      #expect(try await node.ask("POST", "/tasks", #"{"task":"echo"}"#).status == 503)
      #expect(try await node.ask("GET", "/readyz").status == 503)
      #expect(try await node.ask("GET", "/openapi.json").status == 200)
    }
  }
}

/// What a server said before it closed.
private struct Said: Sendable {
  let status: Int
  let headers: HTTPHeaders
  let body: [UInt8]
}

extension NodeBench {
  /// Sends a text as it is and reads until the connection ends.
  fileprivate func say(_ text: String) async throws -> Said {
    let authority = try #require(Authority(url.dropFirst(7)))
    let address = try #require(SocketAddress(ip: authority.host, port: authority.port))
    let bytes = try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<[UInt8], any Error>) in
      TCPConnection.connect(to: address, on: loop, timeout: .seconds(10)) { result in
        switch result {
        case .success(let connection):
          connection.delegate = Listener(connection, text) { continuation.resume(returning: $0) }
        case .failure(let error): continuation.resume(throwing: error)
        }
      }
    }
    let parts = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
    let lines = (parts.first ?? "").split(separator: "\r\n")
    var headers = HTTPHeaders()
    for line in lines.dropFirst() {
      let field = line.split(separator: ": ", maxSplits: 1)
      headers.add(String(field[0]), String(field.count > 1 ? field[1] : ""))
    }
    return Said(
      status: Int(lines.first?.split(separator: " ")[1] ?? "") ?? 0, headers: headers,
      body: Array((parts.count > 1 ? parts[1] : "").utf8))
  }
}

/// Hears what is said until the end.
private final class Listener: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private var heard: [UInt8] = []
  private let done: ([UInt8]) -> Void

  init(_ connection: TCPConnection, _ text: String, done: @escaping ([UInt8]) -> Void) {
    self.done = done
    connection.write(Array(text.utf8))
    connection.startReading()
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { heard.append(contentsOf: $0) }
  }

  func connectionDrained(_ connection: TCPConnection) {}

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    connection.close()
    done(heard)
  }
}
