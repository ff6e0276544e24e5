import Contract
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

/// Real requests whose answers are held against the description; `TestCoordinator.send` does so in every other test
/// too.
@Suite("A coordinator's answers as they are described", .timeLimit(.minutes(2)))
struct DescribedAnswerTests {
  private static let ndjson = "application/x-ndjson"

  @Test("the coordinator gives its description as JSON")
  func document() async throws {
    try await TestCoordinator.run { coordinator in
      let answer = try await coordinator.get("/openapi.json")
      #expect(answer.headers["Content-Type"] == "application/json")
      let json = try answer.json
      #expect(json == DescribedAPI.coordinator.document && json["openapi"]?.string == "3.1.0")
      let head = try await coordinator.send("HEAD", "/openapi.json")
      #expect(head.status == 200 && head.headers["Content-Length"] == "\(answer.body.count)" && head.body.isEmpty)
      let refused = try await coordinator.send("POST", "/openapi.json")
      #expect(refused.status == 405 && refused.headers["Allow"] == "GET, HEAD")
    }
  }

  @Test("each answer that a path of its own has is really given")
  func given() async throws {
    let seen = try await TestCoordinator.run { coordinator async throws in
      let asker = Asker(coordinator)
      try await asker.askOfBatches()
      try await asker.askOfOpenBatches()
      try await asker.askOfPools()
      try await asker.askOfProcess()
      return asker.seen
    }
    // Told elsewhere: the cluster's members, its keys, and the process in ClusterViewTests and with the node, a full
    // disk in FullDiskTests.
    let elsewhere: Set = [
      "GET /nodes/{name} 200", "HEAD /nodes/{name} 200", "POST /nodes/{name}/drain 202",
      "POST /nodes/{name}/drain 404", "POST /nodes/{name}/drain 409", "POST /nodes/{name}/drain 502",
      "GET /keys 409", "HEAD /keys 409", "POST /keys 200", "POST /keys 409", "GET /status 200", "HEAD /status 200",
    ]
    let common = Set(["400", "403", "408", "414", "417", "431", "501", "503", "505", "507"])
    for (path, item) in DescribedAPI.coordinator.items {
      for (method, operation) in item.members ?? [] {
        for status in (operation["responses"]?.members ?? []).map(\.key.string) {
          let name = "\(method.string.uppercased()) \(path) \(status)"
          if common.contains(status) || elsewhere.contains(name) { continue }
          #expect(seen.contains(name), "\(name) is described and was not given")
        }
      }
    }
  }

  @Test("results and events are described while a batch runs too, and its tasks while they wait")
  func running() async throws {
    try await TestCoordinator.run { coordinator in
      let path = try await coordinator.submit(#"[{"task":"rare","id":"a"},{"task":"echo"}]"#)
      let events = coordinator.loop.spawn { try await coordinator.get("\(path)/events").text }
      let lines = coordinator.loop.spawn { try await coordinator.get("\(path)/results?follow=true").lines }
      let waiting = try await coordinator.wait(for: path) { $0["waiting_for"]?.string == "task_type" }
      #expect(waiting["missing_task_types"] != nil)
      #expect(try await coordinator.get("\(path)/tasks/0").json["waiting_for"]?.string == "task_type")
      try coordinator.node("n1", types: ["rare"]) { shard in
        for task in shard.tasks { shard.fail(task, #"{"code":"dns","message":"no such host","retryable":true}"#) }
        shard.end()
      }
      try await coordinator.until { coordinator.service.dispatcher.book.all.first { _ in true }?.resultCount == 1 }
      try coordinator.node("n2")
      #expect(try await events.value.contains("event: end"))
      #expect(try await lines.value.count == 2)
      #expect(try await coordinator.get("\(path)/summary?by=node").json["errors"]?["dns"] != nil)
    }
  }

  @Test("a coordinator that drains and one whose name is another's answer 503 as it is described")
  func unavailable() async throws {
    try await TestCoordinator.run { coordinator in
      coordinator.unready = "the name is taken by a live member at 10.0.0.7:7946"
      let unready = try await coordinator.get("/readyz")
      #expect(unready.status == 503 && unready.text.contains("10.0.0.7:7946"))
      coordinator.unready = nil
      #expect(try await coordinator.get("/readyz").status == 200)
      let open = try await coordinator.send("POST", "/batches?open=true", body: "{}")
      let path = try #require(open.headers["Location"])
      await coordinator.service.drain()
      for call in ["/batches", "\(path)/tasks", "/pools/p/items"] {
        #expect(try await coordinator.send("POST", call, body: "[]").status == 503)
      }
      #expect(try await coordinator.get("/readyz").status == 503)
      #expect(try await coordinator.get("/openapi.json").status == 200)
    }
  }
}

/// Asks for all that a coordinator may be asked for, and notes what was answered.
private final class Asker: @unchecked Sendable {
  // Guarded by: the coordinator's loop's thread, on which the tests' stories run.
  private(set) var seen: Set<String> = []
  private let coordinator: TestCoordinator
  private let nobody = "0197a000-0000-7000-8000-000000000000"
  private let ndjson = "application/x-ndjson"
  private let large = #"{"task":"echo","args":"\#(String(repeating: "x", count: (1 << 20) + 2_048))"}"#

  init(_ coordinator: TestCoordinator) { self.coordinator = coordinator }

  @discardableResult
  private func ask(
    _ method: String, _ path: String, _ body: String? = nil, type: String = "application/json",
    key: String? = nil, is expected: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let headers: HTTPHeaders = key.map { ["Idempotency-Key": $0] } ?? [:]
    let answer = try await coordinator.send(
      method, path, body: body, type: type, headers: headers, sourceLocation: sourceLocation)
    #expect(answer.status == expected, "\(method) \(path): \(answer.text)", sourceLocation: sourceLocation)
    let template = DescribedAPI.coordinator.item(for: path)?.template ?? ""
    seen.insert("\(method) \(template) \(answer.status)")
    return answer.headers["Location"] ?? ""
  }

  /// What every call that takes a body answers to a wrong one.
  private func askWrongly(_ path: String, key: String) async throws {
    try await ask("POST", path, large, type: ndjson, is: 413)
    try await ask("POST", path, "x", type: "text/plain", is: 415)
    try await ask("POST", path, #"{"task":"other"}"#, type: ndjson, key: key, is: 422)
  }

  func askOfBatches() async throws {
    let waiting = try await ask("POST", "/batches", #"{"tasks":[{"task":"rare"}]}"#, is: 202)
    try await ask("DELETE", "\(waiting)?purge=true", is: 409)
    try await ask("DELETE", waiting, is: 200)
    try await ask("DELETE", "\(waiting)?purge=true", is: 204)
    try coordinator.node("n1")
    try await ask("POST", "/batches?follow=true&attempts=2", #"{"task":"echo"}"#, type: ndjson, is: 200)
    let body = #"{"name":"n","tasks":[{"task":"echo","id":"a"}],"defaults":{"priority":1}}"#
    let batch = try await ask("POST", "/batches", body, key: "k", is: 202)
    try await ask("POST", "/batches", body, key: "k", is: 200)
    try await askWrongly("/batches", key: "k")
    try await ask("POST", "/batches", #"{"tasks":[{"task":"echo","attempts":0}]}"#, is: 400)
    _ = try await coordinator.done(batch)
    for path in ["", "/results", "/summary", "/events", "/tasks/0"] {
      for method in ["GET", "HEAD"] {
        try await ask(method, batch + path, is: 200)
        try await ask(method, "/batches/\(nobody)\(path)", is: 404)
      }
    }
    for path in ["results?format=csv&order=index", "results?status=ok,error&after=0", "summary?by=value.a"] {
      try await ask("GET", "\(batch)/\(path)", is: 200)
    }
    try await ask("DELETE", "/batches/\(nobody)", is: 404)
    try await askDuringAnother()
    for method in ["GET", "HEAD"] { try await ask(method, "/batches?limit=1&state=done", is: 200) }
    try await ask("GET", "/batches?state=odd", is: 400)
  }

  /// A submission while another one with its key is under way.
  private func askDuringAnother() async throws {
    let peer = try await coordinator.connect()
    peer.send(
      "POST /batches HTTP/1.1\r\nHost: c\r\nIdempotency-Key: held\r\nContent-Type: application/x-ndjson\r\n"
        + "Content-Length: 9\r\n\r\n{")
    try await coordinator.until { coordinator.service.dispatcher.book.use(ofKey: "held") != nil }
    try await ask("POST", "/batches", "{}", key: "held", is: 409)
    peer.close()
  }

  func askOfOpenBatches() async throws {
    let batch = try await ask("POST", "/batches?open=true", #"{"callback_url":null}"#, is: 202)
    try await ask("POST", "\(batch)/tasks", #"[{"task":"echo"}]"#, key: "k", is: 202)
    try await ask("POST", "\(batch)/tasks", #"[{"task":"echo"}]"#, key: "k", is: 200)
    try await askWrongly("\(batch)/tasks", key: "k")
    try await ask("POST", "\(batch)/close", is: 200)
    try await ask("POST", "\(batch)/tasks", #"[{"task":"echo"}]"#, is: 409)
    let closed = try await ask("POST", "/batches", #"{"tasks":[{"task":"echo"}]}"#, is: 202)
    try await ask("POST", "\(closed)/close", is: 409)
    for path in ["tasks", "close"] { try await ask("POST", "/batches/\(nobody)/\(path)", "[]", is: 404) }
  }

  func askOfPools() async throws {
    let pool = try await ask("POST", "/pools/page/items", "[1,{}]", key: "k", is: 202)
    try await ask("POST", "/pools/page/items", "[1,{}]", key: "k", is: 200)
    try await askWrongly("/pools/page/items", key: "k")
    try await ask("POST", "/pools/lent/items?reuse=2", "1", type: ndjson, is: 202)
    let taking = #"{"template":{"task":"rare","args":"{{page}}"},"take":["page"]}"#
    let batch = try await ask("POST", "/batches", taking, is: 202)
    for path in ["/pools", "/pools?limit=1", pool] {
      for method in ["GET", "HEAD"] { try await ask(method, path, is: 200) }
    }
    try await ask("DELETE", pool, is: 409)
    try await ask("POST", "\(pool)/close", is: 200)
    try await ask("POST", "\(pool)/items", "[2]", is: 409)
    try await ask("DELETE", batch, is: 200)
    try await ask("DELETE", pool, is: 204)
    for method in ["GET", "HEAD", "DELETE"] { try await ask(method, pool, is: 404) }
    try await ask("POST", "\(pool)/close", is: 404)
    try await ask("POST", "/pools/7/items", "[1]", is: 400)
    let lent = #"{"template":{"task":"rare","args":"{{lent}}"},"take":["lent"]}"#
    try await ask("POST", "/batches", lent, is: 400)
    let only = #"{"template":{"task":"rare","args":"{{once}}"},"take":["once"]}"#
    try await ask("POST", "/batches", only, is: 202)
    try await ask("POST", "/pools/once/items?reuse=2", "[1]", is: 409)
  }

  func askOfProcess() async throws {
    for path in ["/nodes", "/keys", "/task-types", "/healthz", "/readyz", "/metrics", "/openapi.json"] {
      for method in ["GET", "HEAD"] { try await ask(method, path, is: 200) }
    }
    for method in ["GET", "HEAD"] { try await ask(method, "/nodes/n", is: 404) }
    for (method, path) in [("PUT", "/batches"), ("GET", "/pools/a/items"), ("POST", "/metrics")] {
      try await ask(method, path, is: 405)
    }
    try await ask("GET", "/nowhere", is: 404)
  }
}
