import Batch
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct BatchLifeTests {
  @Test("a batch as JSON is accepted, runs, and has one result for each index")
  func jsonBatch() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let answer = try await coordinator.send(
        "POST", "/batches",
        body: #"{"name":"mine","tasks":[{"task":"echo","args":{"a":1},"id":"first"},{"task":"echo","args":[2]}]}"#)
      #expect(answer.status == 202)
      let location = try #require(answer.headers["Location"])
      let accepted = try answer.json
      #expect(accepted["name"]?.string == "mine" && accepted["total"]?.int == 2)
      #expect(location == "/batches/\(accepted["id"]?.string ?? "")")
      let done = try await coordinator.done(location)
      #expect(done["state"]?.string == "done" && done["ok"]?.int == 2 && done["queued"]?.int == 0)
      #expect(done["nodes"]?["n1"]?.int == 2 && done["duration_ms"]?["max"]?.double == 1.5)
      let results = try await coordinator.get("\(location)/results").lines
      #expect(results.map { $0["seq"]?.int } == [1, 2])
      #expect(Set(results.compactMap { $0["index"]?.int }) == [0, 1])
      let first = try #require(results.first { $0["index"]?.int == 0 })
      #expect(first["id"]?.string == "first" && first["value"]?["a"]?.int == 1 && first["node"]?.string == "n1")
      #expect(first["attempts"]?.int == 1 && first["duration_ms"]?.double == 1.5)
    }
  }

  @Test("a stream of lines is a batch too, with its name and defaults in the query")
  func lineBatch() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1")
      let answer = try await coordinator.send(
        "POST", "/batches?name=lines&task=echo&timeout_s=5&attempts=2",
        body: "{\"args\":1}\r\n\n{\"args\":2}\n{\"task\":\"http\",\"args\":{}}", type: "application/x-ndjson")
      #expect(answer.status == 202, "\(answer.text)")
      let done = try await coordinator.done(try #require(answer.headers["Location"]))
      #expect(done["ok"]?.int == 3 && done["name"]?.string == "lines")
      let sent = node.shards.flatMap(\.tasks)
      #expect(sent.allSatisfy { $0["timeout_s"]?.int == 5 && $0["attempt"]?.int == 1 })
      #expect(sent.compactMap { $0["task"]?.string }.sorted() == ["echo", "echo", "http"])
    }
  }

  @Test("a JSON submission's defaults lie over those of the query and under each task")
  func defaults() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1")
      let answer = try await coordinator.send(
        "POST", "/batches?timeout_s=5&attempts=4",
        body: #"{"defaults":{"task":"echo","timeout_s":6},"tasks":[{"args":1},{"timeout_s":7}]}"#)
      #expect(answer.status == 202, "\(answer.text)")
      _ = try await coordinator.done(try #require(answer.headers["Location"]))
      let sent = node.shards.flatMap(\.tasks)
      #expect(sent.map { $0["timeout_s"]?.int } == [6, 7])
      #expect(sent.allSatisfy { $0["attempts"]?.int == 4 })
    }
  }

  @Test("with follow the answer is the results as they come, and the summary")
  func follow() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1", capacity: 1)
      let answer = try await coordinator.send(
        "POST", "/batches?follow=true", body: #"{"tasks":[{"task":"echo"},{"task":"echo"},{"task":"echo"}]}"#)
      let lines = try answer.lines
      #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/x-ndjson")
      #expect(lines.map { $0["seq"]?.int } == [1, 2, 3, nil])
      #expect(lines.last?["summary"]?["state"]?.string == "done" && lines.last?["summary"]?["ok"]?.int == 3)
    }
  }

  @Test("a batch waits for a node and for its task type, and says which it misses")
  func waits() async throws {
    try await TestCoordinator.run { coordinator in
      let path = try await coordinator.submit(#"[{"task":"rare"}]"#)
      let waiting = try await coordinator.get(path).json
      #expect(waiting["state"]?.string == "running" && waiting["queued"]?.int == 1)
      #expect(waiting["waiting_for"]?.string == "task_type")
      #expect(waiting["missing_task_types"]?.elements?.compactMap(\.string) == ["rare"])
      let task = try await coordinator.get("\(path)/tasks/0").json
      #expect(task["state"]?.string == "queued" && task["waiting_for"]?.string == "task_type")
      try coordinator.node("n1", types: ["rare"])
      #expect(try await coordinator.done(path)["ok"]?.int == 1)
    }
  }

  @Test("a task's attempts are shown, with the error of each")
  func attempts() async throws {
    try await TestCoordinator.run { coordinator in
      var failures = 0
      try coordinator.node("n1") { shard in
        failures += 1
        if failures < 3 {
          shard.fail(
            shard.tasks[0], #"{"code":"timeout","message":"too slow","retryable":true,"effect":true}"#)
          shard.end()
        } else {
          shard.completeAll()
        }
      }
      let path = try await coordinator.submit(#"[{"task":"echo","attempts":3,"id":"x"}]"#)
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 1 && done["retried"]?.int == 2)
      let task = try await coordinator.get("\(path)/tasks/0").json
      let attempts = try #require(task["attempts"]?.elements)
      #expect(attempts.map { $0["attempt"]?.int } == [1, 2, 3])
      #expect(attempts.map { $0["error"]?["code"]?.string } == ["timeout", "timeout", nil])
      #expect(attempts[0]["error"]?["effect"] == nil)
      #expect(task["state"]?.string == "ok" && task["id"]?.string == "x" && task["result"]?["attempts"]?.int == 3)
    }
  }

  @Test("an error that is final is a result with its code, and the summary counts it with an example")
  func errors() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1") { shard in
        for task in shard.tasks {
          if task["index"]?.int == 1 {
            shard.fail(task, #"{"code":"bad_arguments","message":"no","retryable":false,"effect":false}"#)
          } else {
            shard.complete(task)
          }
        }
        shard.end()
      }
      let path = try await coordinator.submit(
        #"[{"task":"echo","args":{"s":200}},{"task":"echo"},{"task":"echo","args":{"s":404}},"#
          + #"{"task":"echo","args":{"s":200}}]"#
      )
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 3 && done["error"]?.int == 1)
      let summary = try await coordinator.get("\(path)/summary?by=value.s").json
      #expect(summary["counts"]?["200"]?.int == 2 && summary["counts"]?["404"]?.int == 1)
      #expect(summary["counts"]?["(none)"]?.int == 1)
      #expect(summary["errors"]?["bad_arguments"]?["count"]?.int == 1)
      #expect(summary["errors"]?["bad_arguments"]?["example"]?["index"]?.int == 1)
      #expect(summary["duration_ms"]?["p50"]?.double != nil)
      #expect(try await coordinator.get("\(path)/summary").json["counts"]?["ok"]?.int == 3)
      for several in ["?by=status,node", "?by=status&by=node"] {
        #expect(try await coordinator.get("\(path)/summary\(several)").status == 400)
      }
    }
  }

  @Test("cancelling ends what waits and what runs, keeps the results, and purging forgets the batch")
  func cancel() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1", capacity: 3) { shard in
        shard.begin()
        if let first = shard.tasks.first(where: { $0["index"]?.int == 0 }) { shard.complete(first) }
      }
      let tasks = Array(repeating: #"{"task":"echo"}"#, count: 10).joined(separator: ",")
      let path = try await coordinator.submit("[\(tasks)]")
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 1 && $0["running"]?.int == 3 }
      #expect(try await coordinator.send("DELETE", "\(path)?purge=true").status == 409)
      let cancelled = try await coordinator.send("DELETE", path).json
      #expect(cancelled["state"]?.string == "cancelled" && cancelled["cancelled"]?.int == 9)
      #expect(cancelled["finished_at"]?.string != nil && cancelled["ok"]?.int == 1)
      #expect(node.shards.allSatisfy { $0.wasCancelled })
      #expect(try await coordinator.get("\(path)/results").lines.count == 10)
      let again = try await coordinator.send("DELETE", path).json
      #expect(again["state"]?.string == "cancelled")
      #expect(try await coordinator.send("DELETE", "\(path)?purge=true").status == 204)
      #expect(try await coordinator.get(path).status == 404)
    }
  }

  @Test("results beyond the bound drop ended batches first, then nothing is sent until there is room")
  func fullJournal() async throws {
    let value = String(repeating: "v", count: 100_000)
    try await TestCoordinator.run(journalBytes: 450_000) { coordinator in
      try coordinator.node("n1", capacity: 1) { shard in
        for task in shard.tasks {
          shard.write(#"{"index":\#(task["index"]?.int ?? 0),"status":"ok","value":"\#(value)"}"#)
        }
        shard.end()
      }
      let tasks = Array(repeating: #"{"task":"echo"}"#, count: 20).joined(separator: ",")
      let early = try await coordinator.submit(#"[{"task":"echo"}]"#)
      _ = try await coordinator.done(early)
      let path = try await coordinator.submit("[\(tasks)]")
      let full = try await coordinator.wait(for: path) { $0["running"]?.int == 0 && $0["detail"] != nil }
      #expect(full["waiting_for"]?.string == "capacity" && full["state"]?.string == "running")
      #expect((4...6).contains(full["ok"]?.int ?? 0), "\(full)")
      #expect(try await coordinator.get(early).status == 404)
      let refused = try await coordinator.send("POST", "/batches", body: #"{"tasks":[{"task":"echo"}]}"#)
      #expect(refused.status == 503 && refused.headers["Retry-After"] != nil)
      _ = try await coordinator.send("DELETE", path)
      _ = try await coordinator.done(path)
      _ = try await coordinator.send("DELETE", "\(path)?purge=true")
      #expect(try await coordinator.done(try await coordinator.submit(#"[{"task":"echo"}]"#))["ok"]?.int == 1)
    }
  }

  @Test("a task that is cancelled in its backoff has no duration")
  func cancelledInBackoff() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1") { shard in
        for task in shard.tasks { shard.fail(task, #"{"code":"timeout","message":"m","retryable":true}"#) }
        shard.end()
      }
      let path = try await coordinator.submit(#"[{"task":"echo","attempts":1000}]"#)
      _ = try await coordinator.wait(for: path) {
        $0["waiting_for"]?.string == "backoff" && $0["retried"]?.int ?? 0 > 2
      }
      let done = try await coordinator.send("DELETE", path).json
      #expect(done["cancelled"]?.int == 1 && done["duration_ms"]?["max"]?.isNull == true, "\(done)")
    }
  }

  @Test("the groups of a summary have short names")
  func longGroups() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let path = try await coordinator.submit(#"[{"task":"echo","args":"\#(String(repeating: "é", count: 500))"}]"#)
      _ = try await coordinator.done(path)
      let counts = try await coordinator.get("\(path)/summary?by=value").json["counts"]
      #expect(counts?.members?.map { $0.key.string.utf8.count } == [203])
    }
  }

  @Test("batches are listed newest first, by state, in pages")
  func list() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      var paths: [String] = []
      for _ in 0..<3 { paths.append(try await coordinator.submit(#"[{"task":"echo"}]"#)) }
      for path in paths { _ = try await coordinator.done(path) }
      let waiting = try await coordinator.submit(#"[{"task":"rare"}]"#)
      func ids(_ query: String) async throws -> [String] {
        try await coordinator.get("/batches\(query)").json["batches"]?.elements?.compactMap { $0["id"]?.string } ?? []
      }
      let expected: [String] = (paths + [waiting]).reversed().map { String($0.dropFirst("/batches/".count)) }
      #expect(try await ids("") == expected)
      #expect(try await ids("?state=running") == [expected[0]])
      let page = try await coordinator.get("/batches?limit=2").json
      #expect(page["next"]?.string == expected[1])
      #expect(try await ids("?limit=2&after=\(expected[1])") == Array(expected[2...]))
    }
  }

  @Test("a straggler is started again on another node, the first result wins, and the other is cancelled by its index")
  func straggler() async throws {
    try await TestCoordinator.run { coordinator in
      let first = try coordinator.node("n1") { shard in
        for task in shard.tasks where task["index"]?.int != 7 { shard.complete(task) }
      }
      let path = try await coordinator.submit(
        "[\(Array(repeating: #"{"task":"echo"}"#, count: 30).joined(separator: ","))]")
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 29 }
      let second = try coordinator.node("n2") { shard in
        if shard.tasks.count == 1 { shard.completeAll() }
      }
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 30 && done["hedged"]?.int == 1 && done["retried"]?.int == 0)
      #expect(second.begun == [7])
      try await coordinator.until { first.shards[0].cancelled == [7] }
      #expect(!first.shards[0].wasCancelled)
      #expect(coordinator.service.dispatcher.hedgedTotal == 1)
      let task = try await coordinator.get("\(path)/tasks/7").json
      #expect(task["result"]?["node"]?.string == "n2")
    }
  }
}
