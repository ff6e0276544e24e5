import Batch
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct SubmissionTests {
  /// Nothing of a refused submission is kept.
  private func expectNothingKept(_ coordinator: TestCoordinator) async throws {
    #expect(try await coordinator.get("/batches").json["batches"]?.elements?.isEmpty == true)
    #expect(coordinator.service.dispatcher.runningBatches == 0)
    #expect(coordinator.journal.byteCount == 0)
  }

  @Test("a page of another site submits and cancels nothing")
  func foreignPage() async throws {
    try await TestCoordinator.run { coordinator in
      for method in ["POST", "DELETE"] {
        let answer = try await coordinator.send(
          method, "/batches", body: #"{"tasks":[{"task":"echo"}]}"#, headers: ["Origin": "http://evil.example"])
        #expect(answer.status == 403)
        #expect(try answer.json["detail"]?.string?.contains("http://evil.example") == true)
      }
      try await expectNothingKept(coordinator)
    }
  }

  @Test(
    "a bad JSON submission is refused with the place of what is wrong, and nothing is kept",
    arguments: [
      ("{", nil, "line 1, column 2"), ("", nil, "ends"), ("[]", "", "an array"), ("{}", "/tasks", "missing"),
      (#"{"tasks":{}}"#, "/tasks", "array"), (#"{"tasks":[]}"#, "/tasks", "at least one"),
      (#"{"tasks":[{"task":"echo"}],"nam":"x"}"#, "/nam", "not known"),
      (#"{"tasks":[{"task":"echo"}],"open":7}"#, "/open", "true or false"),
      (#"{"tasks":[{"task":"echo"}],"template":{}}"#, "/take", "names"),
      (#"{"tasks":[{"task":"echo"}],"callback_url":7}"#, "/callback_url", "string"),
      (#"{"tasks":[{"task":"echo"}],"name":7}"#, "/name", "string"),
      (#"{"tasks":[{"task":"echo"}],"defaults":{"attempts":0}}"#, "/defaults/attempts", "1 to 1000"),
      (#"{"tasks":[{"task":"echo"},7]}"#, "/tasks/1", "a number"),
      (#"{"tasks":[{"task":"echo"},{"task":"echo","timeout_s":-1}]}"#, "/tasks/1/timeout_s", "above 0"),
      (#"{"tasks":[{"task":"echo","limit":{"rate_per_s":5}}]}"#, "/tasks/0/limit", "key"),
    ])
  func badDocument(body: String, pointer: String?, word: String) async throws {
    try await TestCoordinator.run { coordinator in
      let answer = try await coordinator.send("POST", "/batches", body: body)
      #expect(answer.status == 400, "\(answer.text)")
      #expect(answer.headers["Content-Type"] == "application/problem+json")
      let problem = try answer.json
      #expect(problem["status"]?.int == 400 && problem["title"]?.string != nil && problem["type"]?.string != nil)
      #expect(problem["pointer"]?.string == pointer, "\(answer.text)")
      #expect(problem["detail"]?.string?.contains(word) == true, "\(answer.text)")
      try await expectNothingKept(coordinator)
    }
  }

  @Test("a bad stream of lines is refused with its first ten faults by line and pointer, and nothing is kept")
  func badLines() async throws {
    try await TestCoordinator.run { coordinator in
      var lines = Array(repeating: #"{"task":"echo"}"#, count: 40)
      for line in stride(from: 2, to: 40, by: 3) { lines[line] = #"{"task":"echo","priority":1e9}"# }
      lines[5] = "{not json"
      let answer = try await coordinator.send(
        "POST", "/batches", body: lines.joined(separator: "\n"), type: "application/x-ndjson")
      #expect(answer.status == 400)
      let problem = try answer.json
      let errors = try #require(problem["errors"]?.elements)
      #expect(errors.compactMap { $0["line"]?.int } == Array(stride(from: 3, through: 30, by: 3)))
      #expect(errors[0]["pointer"]?.string == "/priority" && errors[1]["detail"]?.string?.contains("JSON") == true)
      #expect(problem["line"]?.int == 3 && problem["pointer"]?.string == "/priority")
      try await expectNothingKept(coordinator)
    }
  }

  @Test(
    "a bad parameter of a submission is refused",
    arguments: [
      ("?follow=maybe", "follow"), ("?folow=true", "folow"), ("?attempts=many", "attempts"),
      ("?attempts=0", "attempts"),
      ("?priority=1000", "priority"), ("?name=", "name"),
    ])
  func badParameter(query: String, word: String) async throws {
    try await TestCoordinator.run { coordinator in
      let answer = try await coordinator.send("POST", "/batches\(query)", body: #"{"tasks":[{"task":"echo"}]}"#)
      #expect(answer.status == 400, "\(answer.text)")
      #expect(try answer.json["detail"]?.string?.contains(word) == true, "\(answer.text)")
      try await expectNothingKept(coordinator)
    }
  }

  @Test("a task over a mebibyte is refused with 413, as JSON and as a line")
  func largeTask() async throws {
    try await TestCoordinator.run { coordinator in
      let task = #"{"task":"echo","args":"\#(String(repeating: "x", count: 1 << 20))"}"#
      let document = try await coordinator.send("POST", "/batches", body: "{\"tasks\":[\(task)]}")
      #expect(document.status == 413, "\(document.status)")
      #expect(try document.json["pointer"]?.string == "/tasks/0")
      let lines = try await coordinator.send(
        "POST", "/batches", body: "{\"task\":\"echo\"}\n\(task)\n", type: "application/x-ndjson")
      #expect(lines.status == 413)
      #expect(try lines.json["line"]?.int == 2)
      try await expectNothingKept(coordinator)
    }
  }

  @Test("a JSON body over 64 MiB is refused with 413 and the way out")
  func largeBody() async throws {
    try await TestCoordinator.run { coordinator in
      let peer = try await coordinator.connect()
      peer.send(
        "POST /batches HTTP/1.1\r\nHost: c\r\nContent-Type: application/json\r\nContent-Length: 67108865\r\n\r\n")
      peer.read()
      try await coordinator.until { peer.text.contains("x-ndjson") }
      #expect(peer.text.hasPrefix("HTTP/1.1 413"))
      peer.close()
      try await expectNothingKept(coordinator)
    }
  }

  @Test("another media type or content encoding is refused with 415")
  func mediaTypes() async throws {
    try await TestCoordinator.run { coordinator in
      for type in ["text/plain", "application/xml", nil] {
        let answer = try await coordinator.send("POST", "/batches", body: "x", type: type)
        #expect(answer.status == 415, "\(answer.text)")
        #expect(try answer.json["detail"]?.string?.contains("application/x-ndjson") == true)
      }
      let answer = try await coordinator.send(
        "POST", "/batches", body: "x", headers: ["Content-Encoding": "br"])
      #expect(answer.status == 415)
    }
  }

  @Test("a submitter that goes away in the middle of its lines leaves nothing behind")
  func goneInTheMiddle() async throws {
    try await TestCoordinator.run { coordinator in
      let peer = try await coordinator.connect()
      peer.send(
        "POST /batches HTTP/1.1\r\nHost: c\r\nContent-Type: application/x-ndjson\r\nIdempotency-Key: k\r\n"
          + "Content-Length: 1000\r\n\r\n{\"task\":\"echo\"}\n")
      try await coordinator.until {
        if case .reading? = coordinator.service.dispatcher.book.use(ofKey: "k") { true } else { false }
      }
      let busy = try await coordinator.send(
        "POST", "/batches", body: #"{"tasks":[{"task":"echo"}]}"#, headers: ["Idempotency-Key": "k"])
      #expect(busy.status == 409 && busy.headers["Retry-After"] != nil)
      peer.close()
      try await coordinator.until { coordinator.service.dispatcher.book.use(ofKey: "k") == nil }
      try await expectNothingKept(coordinator)
    }
  }

  @Test("the same key and body give the same batch, and another body is refused")
  func idempotency() async throws {
    try await TestCoordinator.run { coordinator in
      let (body, key) = (#"{"tasks":[{"task":"echo"}]}"#, HTTPHeaders(dictionaryLiteral: ("Idempotency-Key", "k1")))
      let first = try await coordinator.send("POST", "/batches", body: body, headers: key)
      let again = try await coordinator.send("POST", "/batches", body: body, headers: key)
      #expect(first.status == 202 && again.status == 200)
      #expect(first.headers["Location"] == again.headers["Location"])
      #expect(try again.json["id"]?.string == first.json["id"]?.string)
      let other = try await coordinator.send(
        "POST", "/batches", body: #"{"tasks":[{"task":"echo"},{"task":"echo"}]}"#, headers: key)
      #expect(other.status == 422)
      let otherQuery = try await coordinator.send("POST", "/batches?name=x", body: body, headers: key)
      #expect(otherQuery.status == 422)
      let bad = try await coordinator.send("POST", "/batches", body: "{", headers: ["Idempotency-Key": "k2"])
      let mended = try await coordinator.send("POST", "/batches", body: body, headers: ["Idempotency-Key": "k2"])
      #expect(bad.status == 400 && mended.status == 202)
      #expect(try await coordinator.get("/batches").json["batches"]?.elements?.count == 2)
    }
  }

  @Test("unknown paths and methods are answered as HTTP says")
  func paths() async throws {
    try await TestCoordinator.run { coordinator in
      for path in [
        "/nothing", "/batches/1", "/batches/1/results", "/batches/1/tasks/0", "/batches/1/elsewhere", "/metrics/1",
      ] {
        let answer = try await coordinator.get(path)
        #expect(answer.status == 404 && answer.headers["Content-Type"] == "application/problem+json", "\(path)")
      }
      let put = try await coordinator.send("PUT", "/batches")
      #expect(put.status == 405 && put.headers["Allow"] == "GET, HEAD, POST")
      let path = try await coordinator.submit(#"[{"task":"rare"}]"#)
      #expect(try await coordinator.send("POST", path).headers["Allow"] == "GET, HEAD, DELETE")
      for bad in ["/tasks/1", "/tasks/-1", "/tasks/x"] { #expect(try await coordinator.get(path + bad).status == 404) }
      for bad in [
        "/results?after=x", "/results?after=-1", "/results?status=good", "/results?format=xml",
        "/results?order=up", "/results?order=index&after=1", "/results?follow=perhaps",
      ] { #expect(try await coordinator.get(path + bad).status == 400, "\(bad)") }
      for bad in ["?limit=0", "?limit=x", "?state=odd", "?after=x"] {
        #expect(try await coordinator.get("/batches" + bad).status == 400, "\(bad)")
      }
      #expect(try await coordinator.get("/healthz").status == 200)
      #expect(try await coordinator.get("/readyz").status == 200)
    }
  }

  @Test("a drain waits for who reads the results of an ended batch")
  func drainingReader() async throws {
    try await TestCoordinator.run { coordinator in
      let padding = String(repeating: "z", count: 4_000)
      try coordinator.node("n1") { shard in
        for task in shard.tasks {
          shard.write(#"{"index":\#(task["index"]?.int ?? 0),"status":"ok","value":"\#(padding)"}"#)
        }
        shard.end()
      }
      let tasks = Array(repeating: #"{"task":"echo"}"#, count: 4_000).joined(separator: ",")
      let path = try await coordinator.submit("[\(tasks)]")
      _ = try await coordinator.done(path)
      let peer = try await coordinator.connect()
      peer.send("GET \(path)/results HTTP/1.1\r\nHost: c\r\n\r\n")
      try await coordinator.until { coordinator.service.dispatcher.readers == 1 }
      let ending = Ending()
      let drained = coordinator.loop.spawn {
        await coordinator.service.drain()
        ending.hasCome = true
      }
      try await coordinator.until { coordinator.service.isDraining }
      for _ in 0..<20 { _ = try await coordinator.get("/healthz") }
      #expect(!ending.hasCome && coordinator.service.dispatcher.readers == 1)
      peer.read()
      await drained.value
      try await coordinator.until { peer.received.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
      peer.close()
    }
  }

  @Test("a draining coordinator takes no batch, says so, and ends when the last one has")
  func draining() async throws {
    try await TestCoordinator.run { coordinator in
      let path = try await coordinator.submit(#"[{"task":"echo"}]"#)
      let drained = coordinator.loop.spawn { await coordinator.service.drain() }
      try await coordinator.until { coordinator.service.isDraining }
      let refused = try await coordinator.send("POST", "/batches", body: #"{"tasks":[{"task":"echo"}]}"#)
      #expect(refused.status == 503 && refused.headers["Retry-After"] != nil)
      #expect(try await coordinator.get("/readyz").status == 503)
      try coordinator.node("n1")
      await drained.value
      #expect(try await coordinator.get(path).json["state"]?.string == "done")
    }
  }
}

/// Guarded by: the loop's thread.
private final class Ending: @unchecked Sendable {
  var hasCome = false
}
