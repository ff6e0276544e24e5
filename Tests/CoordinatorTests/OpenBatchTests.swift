import Batch
import Glibc
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

/// Batches that get more tasks while they run.
@Suite(.timeLimit(.minutes(2))) struct OpenBatchTests {
  private static func open(_ coordinator: TestCoordinator, _ body: String = #"{"open":true}"#) async throws -> String {
    let answer = try await coordinator.send("POST", "/batches", body: body)
    #expect(answer.status == 202, "\(answer.text)")
    return try #require(answer.headers["Location"])
  }

  private static func lines(_ numbers: Range<Int>) -> String {
    numbers.map { #"{"task":"echo","args":\#($0)}"# }.joined(separator: "\n")
  }

  @Test("tasks are added in each form, each gets its one result, and the batch ends when it is closed and empty")
  func life() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let path = try await Self.open(coordinator, #"{"open":true,"tasks":[{"task":"echo","args":0}]}"#)
      let first = try await coordinator.wait(for: path) { $0["ok"]?.int == 1 }
      #expect(first["open"]?.bool == true && first["state"]?.string == "running")
      let added = try await coordinator.send(
        "POST", "\(path)/tasks", body: Self.lines(1..<3), type: "application/x-ndjson")
      #expect(added.status == 202 && added.headers["Location"] == path, "\(added.text)")
      #expect(try added.json["total"]?.int == 3)
      for body in [#"{"tasks":[{"task":"echo","args":3}]}"#, #"[{"task":"echo","args":4,"id":"mine"}]"#] {
        #expect(try await coordinator.send("POST", "\(path)/tasks", body: body).status == 202)
      }
      let five = try await coordinator.wait(for: path) { $0["ok"]?.int == 5 }
      #expect(five["finished_at"]?.isNull == true)
      let closed = try await coordinator.send("POST", "\(path)/close")
      #expect(closed.status == 200, "\(closed.text)")
      let done = try await coordinator.done(path)
      #expect(done["state"]?.string == "done" && done["open"]?.bool == false && done["total"]?.int == 5)
      let results = try await coordinator.get("\(path)/results?order=index").lines
      #expect(results.map { $0["value"]?.int } == [0, 1, 2, 3, 4], "\(results)")
      #expect(results.map { $0["id"]?.string } == [nil, nil, nil, nil, "mine"])
      #expect(try await coordinator.send("POST", "\(path)/close").status == 200, "closing is idempotent")
    }
  }

  @Test("an open batch may begin with no task and end with none")
  func empty() async throws {
    try await TestCoordinator.run { coordinator in
      let answer = try await coordinator.send(
        "POST", "/batches?open=true&name=none", body: "", type: "application/x-ndjson")
      let path = try #require(answer.headers["Location"])
      #expect(answer.status == 202)
      #expect(try answer.json["open"]?.bool == true && answer.json["total"]?.int == 0)
      #expect(try await coordinator.get("\(path)/tasks/0").status == 404)
      #expect(try await coordinator.get("\(path)/results").body.isEmpty)
      _ = try await coordinator.send("POST", "\(path)/close")
      #expect(try await coordinator.done(path)["total"]?.int == 0)
    }
  }

  @Test("calls of many sources at once are all taken, each whole and in a row")
  func concurrent() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let path = try await Self.open(coordinator)
      let calls = (0..<24).map { source in
        coordinator.loop.spawn { () async throws -> Int in
          var statuses: [Int] = []
          for call in 0..<4 {
            let body = Self.lines(source * 1_000 + call * 20..<source * 1_000 + call * 20 + 20)
            statuses.append(
              try await coordinator.send("POST", "\(path)/tasks", body: body, type: "application/x-ndjson").status)
          }
          return statuses.count { $0 == 202 }
        }
      }
      for call in calls { #expect(try await call.value == 4) }
      _ = try await coordinator.send("POST", "\(path)/close")
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 24 * 80, "\(done)")
      let values = try await coordinator.get("\(path)/results?order=index").lines.compactMap { $0["value"]?.int }
      #expect(Set(values).count == 24 * 80)
      for start in stride(from: 0, to: values.count, by: 20) {
        #expect(Array(values[start..<start + 20]) == Array(values[start]..<values[start] + 20), "a call in a row")
      }
    }
  }

  @Test("a call with a bad task is refused with its place, and nothing of it is kept")
  func refused() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let path = try await Self.open(coordinator)
      func expectRefusal(
        _ body: String, _ type: String = "application/json", status: Int = 400, pointer: String? = nil,
        line: Int? = nil,
        query: String = ""
      ) async throws {
        let answer = try await coordinator.send("POST", "\(path)/tasks\(query)", body: body, type: type)
        #expect(answer.status == status, "\(answer.text)")
        let problem = try answer.json
        #expect(problem["pointer"]?.string == pointer && problem["line"]?.int == line, "\(answer.text)")
      }
      let lines = Self.lines(0..<5_000) + "\n" + #"{"task":"echo","priority":1e9}"#
      try await expectRefusal(lines, "application/x-ndjson", pointer: "/priority", line: 5_001)
      try await expectRefusal(#"[{"task":"echo"},{"task":7}]"#, pointer: "/1/task")
      try await expectRefusal(#"{"tasks":[{"task":"echo"},{}]}"#, pointer: "/tasks/1/task")
      try await expectRefusal(#"{"tasks":[{"task":"echo"}],"name":"x"}"#, pointer: "/name")
      try await expectRefusal(#"{"tasks":[]}"#, pointer: "/tasks")
      try await expectRefusal("", "application/x-ndjson", pointer: "/tasks")
      try await expectRefusal("7", pointer: "")
      try await expectRefusal("x", "text/plain", status: 415)
      try await expectRefusal(#"[{"task":"echo"}]"#, query: "?name=x")
      try await expectRefusal(#"[{"task":"echo"}]"#, query: "?follow=true")
      let document = try await coordinator.get(path).json
      #expect(document["total"]?.int == 0 && document["open"]?.bool == true)
      _ = try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"echo"}]"#)
      _ = try await coordinator.send("POST", "\(path)/close")
      #expect(try await coordinator.done(path)["ok"]?.int == 1)
    }
  }

  @Test("a source that goes away in the middle of its call leaves nothing of it behind")
  func goneInTheMiddle() async throws {
    try await TestCoordinator.run { coordinator in
      let path = try await Self.open(coordinator)
      let peer = try await coordinator.connect()
      peer.send(
        "POST \(path)/tasks HTTP/1.1\r\nHost: c\r\nContent-Type: application/x-ndjson\r\nIdempotency-Key: k\r\n"
          + "Content-Length: 1000\r\n\r\n{\"task\":\"echo\"}\n")
      let batch = try #require(coordinator.service.dispatcher.book.all.first { _ in true })
      try await coordinator.until { batch.intake?.keys["k"] != nil }
      let busy = try await coordinator.send(
        "POST", "\(path)/tasks", body: #"[{"task":"echo"}]"#, headers: ["Idempotency-Key": "k"])
      #expect(busy.status == 409 && busy.headers["Retry-After"] != nil)
      peer.close()
      try await coordinator.until { batch.intake?.keys["k"] == nil }
      #expect(try await coordinator.get(path).json["total"]?.int == 0)
    }
  }

  @Test("who adds to a batch that takes nothing is told why and what to do: 409; a batch that is not there: 404")
  func closed() async throws {
    try await TestCoordinator.run { coordinator in
      func refusal(_ path: String, _ word: String) async throws {
        let answer = try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"echo"}]"#)
        #expect(answer.status == 409, "\(answer.text)")
        let detail = try answer.json["detail"]?.string ?? ""
        #expect(detail.contains(word) && detail.contains("POST /batches"), "\(detail)")
      }
      let plain = try await coordinator.submit(#"[{"task":"echo"}]"#)
      try await refusal(plain, "not submitted open")
      #expect(try await coordinator.send("POST", "\(plain)/close").status == 409)
      let path = try await Self.open(coordinator, #"{"open":true,"tasks":[{"task":"echo"}]}"#)
      _ = try await coordinator.send("POST", "\(path)/close")
      try await refusal(path, "closed")
      let cancelled = try await Self.open(coordinator, #"{"open":true,"tasks":[{"task":"echo"}]}"#)
      let answer = try await coordinator.send("DELETE", cancelled)
      #expect(try answer.json["state"]?.string == "cancelled" && answer.json["open"]?.bool == false, "\(answer.text)")
      try await refusal(cancelled, "cancelled")
      try coordinator.node("n1")
      _ = try await coordinator.done(path)
      try await refusal(path, "closed")
      let nobody = "/batches/0197a000-0000-7000-8000-000000000001"
      for end in ["/tasks", "/close"] {
        #expect(try await coordinator.send("POST", nobody + end, body: "[]").status == 404)
        #expect(try await coordinator.get(path + end).headers["Allow"] == "POST")
      }
    }
  }

  @Test("the same key and body add once; another body is refused; the batch's defaults count for what comes later")
  func keysAndDefaults() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1")
      let path = try await Self.open(coordinator, #"{"open":true,"defaults":{"task":"echo","timeout_s":7}}"#)
      let key: HTTPHeaders = ["Idempotency-Key": "k"]
      let body = #"{"defaults":{"attempts":4},"tasks":[{"args":1},{"timeout_s":8}]}"#
      let first = try await coordinator.send("POST", "\(path)/tasks", body: body, headers: key)
      let again = try await coordinator.send("POST", "\(path)/tasks", body: body, headers: key)
      #expect(first.status == 202 && again.status == 200)
      let other = try await coordinator.send("POST", "\(path)/tasks", body: "[{}]", headers: key)
      #expect(other.status == 422)
      _ = try await coordinator.send("POST", "\(path)/close")
      #expect(try await coordinator.done(path)["total"]?.int == 2)
      let sent = node.shards.flatMap(\.tasks)
      #expect(sent.map { $0["timeout_s"]?.int } == [7, 8] && sent.allSatisfy { $0["attempts"]?.int == 4 })
    }
  }

  @Test("who follows an open batch stays until it is closed and empty")
  func follow() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let path = try await Self.open(coordinator)
      let follower = coordinator.loop.spawn { try await coordinator.get("\(path)/results?follow=true").lines }
      let events = coordinator.loop.spawn { try await coordinator.get("\(path)/events").text }
      try await coordinator.until { coordinator.service.dispatcher.readers == 1 }
      for _ in 0..<3 {
        _ = try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"echo"}]"#)
      }
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 3 }
      #expect(coordinator.service.dispatcher.readers == 1)
      _ = try await coordinator.send("POST", "\(path)/close")
      #expect(try await follower.value.map { $0["index"]?.int } == [0, 1, 2])
      #expect(try await events.value.contains("event: end"))
    }
  }

  @Test("a drain does not wait for an open batch that has nothing to do; it takes no tasks and may be closed")
  func draining() async throws {
    try await TestCoordinator.run { coordinator in
      let path = try await Self.open(coordinator)
      await coordinator.service.drain()
      let refused = try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"echo"}]"#)
      #expect(refused.status == 503 && refused.headers["Retry-After"] != nil)
      #expect(try await coordinator.send("POST", "\(path)/close").status == 200)
      _ = try await coordinator.done(path)
    }
  }
}

/// An open batch over restarts.
@Suite(.timeLimit(.minutes(2))) struct OpenBatchRestartTests {
  @Test("a batch is open again after a restart: indices go on, keys are known, and what is closed stays closed")
  func restart() async throws {
    let key: HTTPHeaders = ["Idempotency-Key": "k"]
    let more = #"[{"task":"echo","id":"b"},{"task":"http"}]"#
    try await RestartTests.run(
      { coordinator, _ in
        let path =
          try await coordinator.send("POST", "/batches?open=true", body: #"{"tasks":[{"task":"echo"}]}"#)
          .headers["Location"] ?? ""
        #expect(try await coordinator.send("POST", "\(path)/tasks", body: more, headers: key).status == 202)
        return path
      },
      { coordinator, path in
        let before = try await coordinator.get(path).json
        #expect(before["open"]?.bool == true && before["total"]?.int == 3 && before["queued"]?.int == 3, "\(before)")
        #expect(try await coordinator.send("POST", "\(path)/tasks", body: more, headers: key).status == 200)
        #expect(try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"rare"}]"#).status == 202)
        try coordinator.node("n1")
        _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 3 }
        #expect(try await coordinator.send("POST", "\(path)/close").status == 200)
        return path
      },
      { coordinator, path in
        let before = try await coordinator.get(path).json
        #expect(before["open"]?.bool == false && before["total"]?.int == 4 && before["ok"]?.int == 3, "\(before)")
        #expect(try await coordinator.send("POST", "\(path)/tasks", body: more).status == 409)
        try coordinator.node("n1", types: ["rare"])
        let done = try await coordinator.done(path)
        #expect(done["ok"]?.int == 4)
        let results = try await coordinator.get("\(path)/results?order=index").lines
        #expect(results.map { $0["id"]?.string } == [nil, "b", nil, nil], "\(results)")
        return path
      })
  }

  @Test("calls that come while the nodes are still asked what they hold are taken, and run once that is known")
  func whileTakenOver() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try await coordinator.send("POST", "/batches?open=true", body: #"{"tasks":[{"task":"echo"}]}"#)
        .headers["Location"] ?? ""
    }
    try await TestCoordinator.run(in: folder.path, expecting: ["n1"]) { coordinator in
      let added = try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"echo"},{"task":"echo"}]"#)
      #expect(added.status == 202)
      #expect(try added.json["queued"]?.int == 3, "\(added.text)")
      #expect(try await coordinator.send("POST", "\(path)/close").status == 200)
      try coordinator.node("n1")
      #expect(try await coordinator.done(path)["ok"]?.int == 3)
    }
  }

  @Test(
    "without room for them, calls that are not durable are refused and leave nothing; the next stands in their place")
  func noRoom() async throws {
    try await RestartTests.run(
      { coordinator, _ in
        let path =
          try await coordinator.send("POST", "/batches?open=true", body: "{}").headers["Location"] ?? ""
        let batch = try #require(coordinator.service.dispatcher.book.all.first { _ in true })
        let intake = try #require(batch.intake)
        let refusals = Refusals()
        for type in ["first", "second"] {
          let task = try TaskSpec(parsing: Array(#"{"task":"\#(type)"}"#.utf8)[...])
          var table = TaskTable()
          table.append(task)
          intake.add(BatchIntake.Call([task], table, hasIDs: false, addition: nil) { refusals.add($0?.status) })
        }
        intake.close { refusals.add($0?.status) }
        #expect(!batch.isOpen && refusals.statuses.isEmpty, "nothing is durable yet")
        intake.giveUp(.noSpace(.full))
        try await coordinator.until { refusals.statuses.count == 3 }
        #expect(refusals.statuses == [507, 507, 507] && batch.isOpen && batch.total == 0)
        #expect(try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"echo"}]"#).status == 202)
        #expect(refusals.statuses.count == 3)
        return path
      },
      { coordinator, path in
        let before = try await coordinator.get(path).json
        #expect(before["total"]?.int == 1 && before["open"]?.bool == true && before["damaged"] == nil, "\(before)")
        try coordinator.node("n1")
        _ = try await coordinator.send("POST", "\(path)/close")
        #expect(try await coordinator.done(path)["ok"]?.int == 1)
        return path
      })
  }

  @Test("a batch that is cancelled behind a call that is not durable yet gives each of its tasks a result")
  func cancelledBehindACall() async throws {
    try await TestCoordinator.run { coordinator in
      let path = try await coordinator.send("POST", "/batches?open=true", body: "{}").headers["Location"] ?? ""
      let batch = try #require(coordinator.service.dispatcher.book.all.first { _ in true })
      let task = try TaskSpec(parsing: Array(#"{"task":"echo"}"#.utf8)[...])
      var table = TaskTable()
      table.append(task)
      batch.intake?.add(BatchIntake.Call([task], table, hasIDs: false, addition: nil) { #expect($0 == nil) })
      coordinator.service.dispatcher.cancel(batch) {}
      let done = try await coordinator.done(path)
      #expect(done["state"]?.string == "cancelled" && done["cancelled"]?.int == 1 && done["total"]?.int == 1, "\(done)")
    }
  }

  @Test("what a crash leaves of a call that was not accepted is cut off, and the next call stands in its place")
  func unacceptedTail() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try await coordinator.send("POST", "/batches?open=true", body: #"{"tasks":[{"task":"echo","args":"first"}]}"#)
        .headers["Location"] ?? ""
    }
    var tail = RecordWriter()
    for index in 1..<4 as Range<UInt32> {
      JournalRecord.task(
        .init(
          index: index, lane: 1, attempts: 1, isRepeatable: true, id: [], bytes: Array(#"{"task":"echo"}"#.utf8)[...])
      ).write(into: &tail)
    }
    let log = Glibc.open("\(folder.path)\(path)/tasks.log", O_WRONLY | O_APPEND)
    #expect(Glibc.write(log, tail.bytes, tail.bytes.count - 5) == tail.bytes.count - 5)
    close(log)
    for round in 1...2 {
      try await TestCoordinator.run(in: folder.path) { coordinator in
        let before = try await coordinator.get(path).json
        #expect(before["total"]?.int == round && before["damaged"] == nil, "\(before)")
        let added = try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"echo","args":"later"}]"#)
        #expect(added.status == 202)
      }
    }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      try coordinator.node("n1")
      _ = try await coordinator.send("POST", "\(path)/close")
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 3 && done["damaged"] == nil, "\(done)")
      let results = try await coordinator.get("\(path)/results?order=index").lines
      #expect(results.map { $0["value"]?.string } == ["first", "later", "later"], "\(results)")
    }
  }
}

/// Guarded by: the loop's thread.
private final class Refusals: @unchecked Sendable {
  private(set) var statuses: [Int?] = []

  func add(_ status: Int?) { statuses.append(status) }
}
