import Clockwork
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("/tasks", .timeLimit(.minutes(2)))
struct TaskAPITests {
  @Test("one task, a list and a stream are registered, each task with its identifier and its path")
  func register() async throws {
    try await withNode { node async throws in
      let one = try await node.ask("POST", "/tasks", #"{"task":"echo","args":7}"#)
      #expect(one.status == 202)
      let id = try #require(one.json.at(pointer: "/tasks/0/id")?.string)
      #expect(UUIDv7(id) != nil)
      #expect(one.json.at(pointer: "/tasks/0/href")?.string == "/tasks/\(id)")
      let list = try await node.ask("POST", "/tasks", #"[{"task":"echo"},{"task":"echo"}]"#, type: nil)
      #expect(list.json["tasks"]?.elements?.count == 2)
      let stream = "{\"task\":\"echo\"}\n\n{\"task\":\"echo\"}\r\n{\"task\":\"echo\"}"
      let lines = try await node.ask("POST", "/tasks", stream, type: "application/x-ndjson; charset=utf-8")
      #expect(lines.json["tasks"]?.elements?.count == 3)
      #expect(try await node.ask("POST", "/tasks", "[]").json.text == #"{"tasks":[]}"#)
    }
  }

  @Test("a registration that waits is answered with the results once all are there")
  func wait() async throws {
    try await withNode { node async throws in
      let answer = try await node.ask(
        "POST", "/tasks?wait=30",
        #"[{"task":"echo","args":{"a":1},"id":"mine"},{"task":"sleep","args":{"seconds":0.01}},{"task":"fail"}]"#)
      #expect(answer.status == 200)
      let tasks = try #require(answer.json["tasks"]?.elements)
      #expect(tasks.map { $0["status"]?.string } == ["ok", "ok", "error"])
      #expect(tasks[0]["value"]?.text == #"{"a":1}"#)
      #expect(tasks[0]["submitted_id"]?.string == "mine")
      #expect(tasks[1]["duration_ms"]?.double ?? 0 >= 10)
      #expect(tasks[2]["error"]?["code"]?.string == "internal")
      #expect(tasks[2]["attempts"]?.int == 1)
    }
  }

  @Test("a wait that ends first is answered with the tasks as they stand")
  func waitEnds() async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      let body = #"[{"task":"gated"},{"task":"sleep","args":{"seconds":60}}]"#
      let answer = try await node.ask("POST", "/tasks?wait=0.05", body)
      #expect(answer.status == 202)
      #expect(answer.json["tasks"]?.elements?.map { $0["state"]?.string } == ["running", "running"])
      let now = try await node.ask("POST", "/tasks?wait=0", #"{"task":"sleep","args":{"seconds":60}}"#)
      #expect(now.status == 202)
      #expect(now.json.at(pointer: "/tasks/0/state")?.string == "running")
    }
  }

  @Test("one task can be looked at, waited for and cancelled")
  func single() async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      let short = try await node.add(#"{"task":"gated"}"#)
      let early = try await node.ask("GET", short)
      #expect(early.json["state"]?.string == "running")
      #expect(early.json["task"]?.string == "gated")
      gate.open()
      #expect(try await node.ask("GET", short + "?wait=30").json["state"]?.string == "ok")
      let long = try await node.add(#"{"task":"sleep","args":{"seconds":60}}"#)
      #expect(try await node.ask("GET", long + "?wait=0.01").json["state"]?.string == "running")
      let cancelled = try await node.ask("DELETE", long)
      #expect(cancelled.status == 200)
      #expect(cancelled.json["state"]?.string == "cancelled")
      #expect(try await node.ask("DELETE", short).json["state"]?.string == "ok")
    }
  }

  @Test("the list has counts by state and the newest tasks first, filtered and limited as asked")
  func list() async throws {
    try await withNode(capacity: 2) { node async throws in
      _ = try await node.ask(
        "POST", "/tasks?wait=9", #"[{"task":"echo","args":1},{"task":"fail"},{"task":"echo","args":2}]"#)
      for _ in 0..<3 { _ = try await node.add(#"{"task":"sleep","args":{"seconds":60}}"#) }
      let list = try await node.ask("GET", "/tasks")
      #expect(list.json["counts"]?.text == #"{"queued":1,"running":2,"ok":2,"error":1,"cancelled":0}"#)
      let states = list.json["tasks"]?.elements?.map { $0["state"]?.string ?? "" }
      #expect(states == ["queued", "running", "running", "ok", "error", "ok"])
      #expect(list.json.at(pointer: "/tasks/3/value") == nil)
      #expect(try await node.ask("GET", "/tasks?state=ok&limit=1").json["tasks"]?.elements?.count == 1)
      #expect(
        try await node.ask("GET", "/tasks?state=error").json.at(pointer: "/tasks/0/error/code")?.string == "internal")
      for query in ["state=odd", "limit=x", "limit=-1", "limit=100000"] {
        #expect(try await node.ask("GET", "/tasks?\(query)").status == 400)
      }
    }
  }

  @Test("tasks are taken, run and answered while ten thousand others sleep")
  func crowd() async throws {
    try await withNode(loops: 2, capacity: 20_000) { node async throws in
      let line = #"{"task":"sleep","args":{"seconds":600}}"# + "\n"
      let sleepers = try await node.ask(
        "POST", "/tasks", String(repeating: line, count: 10_000), type: "application/x-ndjson")
      #expect(sleepers.json["tasks"]?.elements?.count == 10_000)
      #expect(try await node.ask("GET", "/tasks?limit=0").json["counts"]?["running"]?.int == 10_000)
      for number in 0..<50 {
        let answer = try await node.ask("POST", "/tasks?wait=30", #"{"task":"echo","args":\#(number)}"#)
        #expect(answer.json.at(pointer: "/tasks/0/value")?.int == number)
      }
      let last = try #require(sleepers.json.at(pointer: "/tasks/9999/href")?.string)
      #expect(try await node.ask("DELETE", last).json["state"]?.string == "cancelled")
      #expect(try await node.ask("GET", "/status").json["running"]?.int == 9_999)
    }
  }

  @Test("cancelling ends an http transfer in flight: the server sees the connection close")
  func cancelTransfer() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, _ in }
      defer { site.close() }
      let task = try await node.add(#"{"task":"http","args":{"url":"\#(site.url())"}}"#)
      try await eventually(node.loop, "the request arrives") { site.requests == ["GET /"] }
      #expect(try await node.ask("DELETE", task).json["state"]?.string == "cancelled")
      try await eventually(node.loop, "the server sees the close") { site.aborted == 1 }
    }
  }

  @Test("beyond its capacity and its queue the node answers 503 and takes nothing")
  func full() async throws {
    try await withNode(capacity: 2) { node async throws in
      let five =
        "[" + Array(repeating: #"{"task":"sleep","args":{"seconds":60}}"#, count: 5).joined(separator: ",") + "]"
      let refused = try await node.ask("POST", "/tasks", five)
      #expect(refused.status == 503)
      #expect(refused.headers["retry-after"] == "1")
      #expect(refused.headers["content-type"] == "application/problem+json")
      #expect(try await node.ask("GET", "/status").json["running"]?.int == 0)
      for _ in 0..<4 { _ = try await node.add(#"{"task":"sleep","args":{"seconds":60}}"#) }
      #expect(try await node.ask("POST", "/tasks", #"{"task":"echo"}"#).status == 503)
      let lines = Array(repeating: #"{"task":"echo"}"#, count: 5).joined(separator: "\n")
      #expect(try await node.ask("POST", "/tasks", lines, type: "application/x-ndjson").status == 503)
      #expect(try await node.ask("GET", "/status").json["queued"]?.int == 2)
    }
  }

  @Test("a submitter that goes away leaves its tasks running")
  func submitterLeaves() async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      var request = HTTPClientRequest(node.url + "/tasks?wait=60", method: "POST")
      request.body = .bytes(Array(#"{"task":"gated"}"#.utf8))
      let transfer = node.client.start(
        request, onHead: { _ in Issue.record("the wait was answered") }, onBody: { _ in }, onEnd: { _ in })
      try await eventually(node.loop, "the task runs") { node.pool.table.running == 1 }
      transfer.cancel()
      try await eventually(node.loop, "the node sees the close") { node.service.connections == 0 }
      gate.open()
      try await eventually(node.loop, "the task ends") { node.pool.table[.ok].count == 1 }
    }
  }
}
