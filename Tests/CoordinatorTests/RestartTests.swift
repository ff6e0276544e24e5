import Batch
import Clockwork
import Glibc
import HTTP
import JSON
import Net
import Testing

@testable import Coordinator

/// A coordinator that is started again on what an earlier one left.
@Suite struct RestartTests {
  typealias Story = @Sendable (TestCoordinator, _ path: String) async throws -> String

  /// Runs one coordinator after the other on one folder.
  static func run(
    _ stories: Story...
  ) async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    var path = ""
    for story in stories {
      let earlier = path
      path = try await TestCoordinator.run(in: folder.path) { try await story($0, earlier) }
    }
  }

  @Test("a batch that waited for a node is there again and runs to its end")
  func waiting() async throws {
    try await Self.run(
      { coordinator, _ in
        try await coordinator.submit(#"[{"task":"echo","args":1,"id":"a"},{"task":"echo","args":2,"priority":9}]"#)
      },
      { coordinator, path in
        let before = try await coordinator.get(path).json
        #expect(before["state"]?.string == "running" && before["queued"]?.int == 2, "\(before)")
        try coordinator.node("n1")
        let after = try await coordinator.done(path)
        #expect(after["ok"]?.int == 2 && after["created_at"] == before["created_at"])
        let lines = try await coordinator.get("\(path)/results").lines
        #expect(lines.compactMap { $0["id"]?.string } == ["a"] && lines.compactMap { $0["seq"]?.int } == [1, 2])
        #expect(lines.first?["index"]?.int == 1, "the priority is kept")
        return path
      })
  }

  @Test("a batch that was cancelled stays so, though its only task had not stopped yet")
  func cancelWish() async throws {
    try await Self.run(
      { coordinator, _ in
        // It takes the shard and says nothing more.
        try coordinator.node("n1") { _ in }
        let path = try await coordinator.submit(#"[{"task":"echo","args":1}]"#)
        _ = try await coordinator.wait(for: path) { $0["running"]?.int == 1 }
        let book = coordinator.service.dispatcher.book
        let batch = try #require(book.all.first { path.hasSuffix($0.id.text) })
        let told = Told()
        coordinator.service.dispatcher.cancel(batch) { told.count += 1 }
        try await coordinator.until { told.count == 1 }
        return path
      },
      { coordinator, path in
        let after = try await coordinator.done(path)
        #expect(after["state"]?.string == "cancelled" && after["cancelled"]?.int == 1, "\(after)")
        return path
      })
  }

  @Test("what was done is read as before: results in either order, the task, the summary, the figures")
  func ended() async throws {
    let before = Answers()
    @Sendable func ask(_ coordinator: TestCoordinator, _ path: String) async throws -> [String] {
      var answers: [String] = []
      for query in [
        "", "/results", "/results?after=2", "/results?order=index", "/results?format=csv", "/tasks/1",
        "/tasks/3", "/summary?by=status",
      ] {
        answers.append(try await coordinator.get(path + query).text)
      }
      return answers
    }
    try await Self.run(
      { coordinator, _ in
        try coordinator.node("n1") { shard in
          for task in shard.tasks {
            if task["index"]?.int == 1 {
              shard.fail(task, #"{"code":"assertion","message":"no","retryable":false}"#)
            } else {
              shard.complete(task)
            }
          }
          shard.end()
        }
        let tasks = (0..<4).map { #"{"task":"echo","args":\#($0),"id":"t\#($0)"}"# }.joined(separator: ",")
        let path = try await coordinator.submit("[\(tasks)]")
        _ = try await coordinator.done(path)
        before.texts = try await ask(coordinator, path)
        return path
      },
      { coordinator, path in
        let after = try await ask(coordinator, path)
        #expect(after == before.texts)
        #expect(coordinator.service.dispatcher.runningBatches == 0)
        return path
      })
  }

  @Test("what was under way runs again where it may; else it ends unknown; what a reader saw stays")
  func underWay() async throws {
    let seen = Answers()
    try await Self.run(
      { coordinator, _ in
        try coordinator.node("n1") { shard in
          shard.begin()
          for task in shard.tasks where (task["index"]?.int ?? 0) < 2 { shard.complete(task) }
        }
        let path = try await coordinator.submit(
          #"[{"task":"echo"},{"task":"worker"},{"task":"echo"},{"task":"worker"},{"task":"worker","repeatable":true}]"#)
        _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 2 }
        seen.texts = [try await coordinator.get("\(path)/results").text]
        return path
      },
      { coordinator, path in
        let node = try coordinator.node("n1")
        let document = try await coordinator.done(path)
        #expect(document["ok"]?.int == 4 && document["unknown"]?.int == 1, "\(document)")
        #expect(node.begun.sorted() == [2, 4])
        let results = try await coordinator.get("\(path)/results").text
        #expect(results.hasPrefix(seen.texts[0]))
        let task = try await coordinator.get("\(path)/tasks/3").json
        #expect(task["result"]?["error"]?["code"]?.string == "lost", "\(task)")
        return path
      })
  }

  @Test("what a node holds still is taken up again: nothing runs twice, and what must not repeat is not unknown")
  func takenUp() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let sent = Answers()
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try coordinator.node("n1") { shard in
        shard.begin()
        sent.texts = [shard.id]
        shard.complete(shard.tasks[0])
      }
      let path = try await coordinator.submit(
        #"[{"task":"worker"},{"task":"worker"},{"task":"echo"},{"task":"worker"}]"#)
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 1 }
      return path
    }
    try await TestCoordinator.run(in: folder.path, expecting: ["n1"]) { coordinator in
      let before = try await coordinator.get(path).json
      #expect(before["ok"]?.int == 1 && before["queued"]?.int == 3, "\(before)")
      let batch = path.split(separator: "/").last ?? ""
      let node = try coordinator.node("n1", held: [(sent.texts[0], String(batch), [0, 1, 2, 3])]) { id, exchange in
        #expect(id == sent.texts[0] && exchange.request.query["after"] == "0")
        Self.complete(0..<4, on: exchange)
      }
      let document = try await coordinator.done(path)
      #expect(document["ok"]?.int == 4 && document["retried"]?.int == 0, "\(document)")
      #expect(node.begun.isEmpty && node.attaches == [0])
      let lines = try await coordinator.get("\(path)/results").lines
      #expect(lines.compactMap { $0["seq"]?.int } == [1, 2, 3, 4])
    }
  }

  @Test("a shard of a batch that goes on without it is forgotten on its node")
  func stray() async throws {
    try await Self.run(
      { coordinator, _ in try await coordinator.submit(#"[{"task":"echo"}]"#) },
      { coordinator, path in
        // Nobody was expected: the batch is not held back for this node.
        let id = "0197a000-0000-7000-8000-000000000001"
        let other = "0197a000-0000-7000-8000-000000000009"
        let node = try coordinator.node("n1", held: [(id, other, [0])]) { _, exchange in exchange.respond(status: 404) }
        _ = try await coordinator.done(path)
        try await coordinator.until { node.forgotten == [id] }
        return path
      })
  }

  @Test("a task that must not repeat waits for its node, which is not there yet; one that may goes elsewhere")
  func unseen() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let sent = Answers()
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try coordinator.node("n1") { shard in
        shard.begin()
        sent.texts = [shard.id]
      }
      let path = try await coordinator.submit(#"[{"task":"worker"},{"task":"echo"}]"#)
      _ = try await coordinator.wait(for: path) { $0["running"]?.int == 2 }
      try await coordinator.until { !sent.texts.isEmpty }
      return path
    }
    try await TestCoordinator.run(in: folder.path) { coordinator in
      let other = try coordinator.node("n2")
      let half = try await coordinator.wait(for: path) { $0["ok"]?.int == 1 }
      #expect(half["running"]?.int == 1 && other.begun == [1], "\(half)")
      let batch = path.split(separator: "/").last ?? ""
      try coordinator.node("n1", held: [(sent.texts[0], String(batch), [0, 1])]) { _, exchange in
        Self.complete(0..<1, on: exchange)
      }
      let document = try await coordinator.done(path)
      #expect(document["ok"]?.int == 2 && document["unknown"]?.int == 0, "\(document)")
    }
  }

  @Test("a task that a node refused has not begun: after a restart it runs, though it must not repeat")
  func refused() async throws {
    try await Self.run(
      { coordinator, _ in
        let node = try coordinator.node("n1")
        node.refusal = 503
        let path = try await coordinator.submit(#"[{"task":"worker"}]"#)
        // The node rests after its refusal; it is gone before it is asked again.
        try await coordinator.until { node.refusals > 0 && coordinator.service.dispatcher.taskTotals.running == 0 }
        coordinator.service.dispatcher.nodeGone("n1")
        return path
      },
      { coordinator, path in
        try coordinator.node("n2")
        let document = try await coordinator.done(path)
        #expect(document["ok"]?.int == 1 && document["unknown"]?.int == 0, "\(document)")
        return path
      })
  }

  @Test("an idempotency key is known again, and so is another body under it")
  func idempotency() async throws {
    let body = #"{"tasks":[{"task":"echo"}]}"#
    let headers: HTTPHeaders = ["Idempotency-Key": "k"]
    try await Self.run(
      { coordinator, _ in
        let answer = try await coordinator.send("POST", "/batches", body: body, headers: headers)
        return answer.headers["Location"] ?? ""
      },
      { coordinator, path in
        let again = try await coordinator.send("POST", "/batches", body: body, headers: headers)
        #expect(again.status == 200 && again.headers["Location"] == path)
        let other = try await coordinator.send(
          "POST", "/batches", body: #"{"tasks":[{"task":"sleep"}]}"#, headers: headers)
        #expect(other.status == 422)
        return path
      })
  }

  @Test("a batch that was cancelled or purged stays so")
  func cancelled() async throws {
    try await Self.run(
      { coordinator, _ in
        let path = try await coordinator.submit(#"[{"task":"echo"},{"task":"echo"}]"#)
        _ = try await coordinator.send("DELETE", path)
        let purged = try await coordinator.submit(#"[{"task":"echo"}]"#)
        _ = try await coordinator.send("DELETE", purged)
        let answer = try await coordinator.send("DELETE", "\(purged)?purge=true")
        #expect(answer.status == 204)
        return path
      },
      { coordinator, path in
        let document = try await coordinator.get(path).json
        #expect(document["state"]?.string == "cancelled" && document["cancelled"]?.int == 2, "\(document)")
        let list = try await coordinator.get("/batches").json
        #expect(list["batches"]?.elements?.count == 1)
        return path
      })
  }

  @Test("attempts that failed are counted and told after a restart")
  func attempts() async throws {
    try await Self.run(
      { coordinator, _ in
        let failed = Told()
        try coordinator.node("n1") { shard in
          // The second attempt may come before the end of this coordinator: it is left open.
          guard failed.count == 0 else { return shard.begin() }
          failed.count += 1
          for task in shard.tasks { shard.fail(task, #"{"code":"http_status","message":"503","retryable":true}"#) }
          shard.end()
        }
        let path = try await coordinator.submit(#"[{"task":"echo","attempts":3}]"#)
        _ = try await coordinator.wait(for: path) { $0["retried"]?.int == 1 }
        // The note of it must be durable before the end: a later result carries it there.
        await withUnsafeContinuation { continuation in
          let batch = coordinator.service.dispatcher.book.all.first { _ in true }
          batch?.journal.makeResultsDurable { continuation.resume() }
        }
        return path
      },
      { coordinator, path in
        try coordinator.node("n2")
        let document = try await coordinator.done(path)
        #expect(document["retried"]?.int == 1 && document["ok"]?.int == 1)
        let task = try await coordinator.get("\(path)/tasks/0").json
        #expect(task["attempts"]?.elements?.compactMap { $0["node"]?.string } == ["n1", "n2"], "\(task)")
        #expect(task["result"]?["attempts"]?.int == 2)
        return path
      })
  }

  @Test("a damaged batch says so, loses what is damaged and ends; another is not touched")
  func damaged() async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let paths = try await TestCoordinator.run(in: folder.path) { coordinator in
      let tasks = (0..<4).map { #"{"task":"echo","args":"task number \#($0)"}"# }.joined(separator: ",")
      return [try await coordinator.submit("[\(tasks)]"), try await coordinator.submit("[\(tasks)]")]
    }
    let log = "\(folder.path)\(paths[0])/tasks.log"
    try Self.flip("number 2", in: log)
    try await TestCoordinator.run(in: folder.path) { coordinator in
      try coordinator.node("n1")
      let damaged = try await coordinator.done(paths[0])
      #expect(damaged["damaged"]?.bool == true && damaged["ok"]?.int == 3 && damaged["error"]?.int == 1, "\(damaged)")
      let lost = try await coordinator.get("\(paths[0])/tasks/2").json
      #expect(lost["result"]?["error"]?["code"]?.string == "internal" && lost["task"] == nil, "\(lost)")
      let whole = try await coordinator.done(paths[1])
      #expect(whole["damaged"] == nil && whole["ok"]?.int == 4)
    }
  }

  /// Answers for a shard whose tasks all went well.
  static func complete(_ indexes: Range<Int>, on exchange: HTTPExchange) {
    exchange.startStream(status: 200, headers: ["Content-Type": "application/x-ndjson"])
    for index in indexes {
      let line = #"{"index":\#(index),"status":"ok","value":\#(index),"started_ms":0,"duration_ms":1}"#
      exchange.write(Array(line.utf8) + [0x0a])
    }
    exchange.write(Array("{\"end\":true}\n".utf8))
    exchange.finish()
  }

  /// Changes the first byte of a text in a file.
  private static func flip(_ text: String, in path: String) throws {
    let file = open(path, O_RDWR)
    defer { close(file) }
    #expect(file >= 0)
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(file, &bytes, bytes.count)
    let wanted = Array(text.utf8)
    let place = try #require((0..<count - wanted.count).first { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) })
    var changed = bytes[place] ^ 1
    #expect(pwrite(file, &changed, 1, off_t(place)) == 1)
  }
}

/// Guarded by: one story runs behind the other.
final class Answers: @unchecked Sendable {
  var texts: [String] = []
}
