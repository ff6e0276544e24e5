import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("Bad input to a node", .timeLimit(.minutes(2)))
struct BadInputTests {
  @Test("a document that is not JSON is refused with the place")
  func notJSON() async throws {
    try await withNode { node async throws in
      for (body, line) in [("{\"task\":\n\"echo\",}", 2), ("", 1), ("[{\"task\":\"echo\"}", 1)] {
        let answer = try await node.ask("POST", "/tasks", body)
        #expect(answer.status == 400)
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(answer.json["line"]?.int == line)
        #expect(answer.json["status"]?.int == 400)
      }
      #expect(node.pool.table.running + node.pool.table.kept == 0)
    }
  }

  @Test("one bad task refuses all, with its pointer")
  func badTask() async throws {
    try await withNode { node async throws in
      let answer = try await node.ask(
        "POST", "/tasks", #"[{"task":"echo"},{"task":"sleep","args":{"seconds":"x"}},{"task":"nope"}]"#)
      #expect(answer.status == 400)
      #expect(answer.json["pointer"]?.string == "/1/args/seconds")
      #expect(answer.json["errors"]?.elements?.map { $0["pointer"]?.string } == ["/1/args/seconds", "/2/task"])
      #expect(node.pool.table.running + node.pool.table.kept == 0)
      let single = try await node.ask("POST", "/tasks", #"{"task":"nope"}"#)
      #expect(single.json["pointer"]?.string == "/task")
      #expect(single.json["detail"]?.string?.contains("echo") == true)
      let scalar = try await node.ask("POST", "/tasks", "7")
      #expect(scalar.status == 400)
    }
  }

  @Test("of many bad lines the first ten are named, and nothing is registered but what stands before them")
  func badLines() async throws {
    try await withNode { node async throws in
      let lines = ["{\"task\":\"echo\"}"] + (0..<50).map { $0 % 2 == 0 ? "{" : "{\"task\":\"echo\",\"attempts\":0}" }
      let answer = try await node.ask(
        "POST", "/tasks", lines.joined(separator: "\n"), type: "application/x-ndjson")
      #expect(answer.status == 400)
      #expect(answer.json["line"]?.int == 2)
      #expect(answer.json["errors"]?.elements?.map { $0["line"]?.int ?? 0 } == Array(2...11))
      #expect(answer.json.at(pointer: "/errors/1/pointer")?.string == "/attempts")
      #expect(answer.json["registered"]?.int == 1 && answer.json["tasks"]?.elements?.count == 1)
      #expect(node.pool.table.running + node.pool.table.kept == 1)
      let bad = try await node.ask("POST", "/tasks", lines[1], type: "application/x-ndjson")
      #expect(bad.status == 400 && bad.json["registered"] == nil && bad.json["line"]?.int == 1)
      let list = try await node.ask("POST", "/tasks", #"[{"task":"echo"},{"task":"nope"}]"#)
      #expect(list.status == 400 && list.json["pointer"]?.string == "/1/task")
      #expect(node.pool.table.running + node.pool.table.kept == 1)
    }
  }

  @Test("a task of more than a mebibyte is refused, alone and in a stream")
  func largeTask() async throws {
    try await withNode { node async throws in
      let large = #"{"task":"echo","args":"\#(String(repeating: "x", count: 1 << 20))"}"#
      #expect(try await node.ask("POST", "/tasks", large).status == 413)
      #expect(try await node.ask("POST", "/tasks", "[{\"task\":\"echo\"},\(large)]").status == 413)
      let stream = "{\"task\":\"echo\"}\n\(large)\n"
      let answer = try await node.ask("POST", "/tasks", stream, type: "application/x-ndjson")
      #expect(answer.status == 413)
      #expect(answer.json["type"]?.string == "urn:ignareo:problem:too_large")
      #expect(answer.json["line"]?.int == 2)
      // Only what stood before it in the stream is there.
      #expect(answer.json["registered"]?.int == 1)
      #expect(node.pool.table.running + node.pool.table.kept == 1)
    }
  }

  @Test("a document of more than 64 MiB is refused with 413")
  func largeDocument() async throws {
    try await withNode { node async throws in
      var request = HTTPClientRequest(node.url + "/tasks", method: "POST")
      request.body = .bytes([UInt8](repeating: 0x20, count: Limits.bodyBytes + 1))
      let answer = try await node.client.fetch(request)
      #expect(answer.status == 413)
    }
  }

  @Test("what is neither JSON nor NDJSON is refused with 415, which says what is taken")
  func mediaType() async throws {
    try await withNode { node async throws in
      let types = ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "odd"]
      for type in types {
        let answer = try await node.ask("POST", "/tasks", #"{"task":"echo"}"#, type: type)
        #expect(answer.status == 415)
        #expect(answer.json["detail"]?.string?.contains("application/x-ndjson") == true)
      }
    }
  }

  @Test("what curl sends by itself is refused with the header to add, and no type at all is taken as JSON")
  func curl() async throws {
    try await withNode { node async throws in
      let form = try await node.ask(
        "POST", "/tasks", #"{"task":"echo"}"#, type: "application/x-www-form-urlencoded")
      #expect(form.json["detail"]?.string?.contains("-H 'Content-Type: application/json'") == true)
      #expect(try await node.ask("POST", "/tasks", #"{"task":"echo"}"#, type: nil).status == 202)
    }
  }

  @Test("a page of another site registers, cancels and drains nothing")
  func foreignPage() async throws {
    try await withNode { node async throws in
      let task = try await node.add(#"{"task":"sleep","args":{"seconds":60}}"#)
      for (method, path) in [("POST", "/tasks"), ("DELETE", task), ("POST", "/shards"), ("POST", "/drain")] {
        var request = HTTPClientRequest(node.url + path, method: method)
        request.headers.add("Origin", "http://evil.example")
        request.body = .bytes(Array(#"{"task":"echo"}"#.utf8))
        let answer = try await node.client.fetch(request)
        #expect(answer.status == 403)
        #expect(try JSONValue.parse(answer.body)["detail"]?.string?.contains("http://evil.example") == true)
      }
      #expect(node.pool.table.running == 1 && node.pool.table.kept == 0 && node.drainRequests == 0)
    }
  }

  @Test("an array of more tasks than there is room for is refused before it was read to its end")
  func longArray() async throws {
    try await withNode(capacity: 2) { node async throws in
      let tasks = Array(repeating: #"{"task":"echo"}"#, count: 5_000).joined(separator: ",")
      // Whoever reads on finds that this is no JSON.
      #expect(try await node.ask("POST", "/tasks", "[\(tasks),x").status == 503)
      #expect(node.pool.table.running + node.pool.table.kept == 0)
    }
  }

  @Test("an array of several slices is registered as one, and its faults are at their places")
  func slices() async throws {
    try await withNode(capacity: 5_000) { node async throws in
      var tasks = (0..<2_500).map { #"{"task":"echo","args":\#($0)}"# }
      let answer = try await node.ask("POST", "/tasks?wait=60", "[\(tasks.joined(separator: ","))]")
      #expect(answer.status == 200)
      #expect(answer.json["tasks"]?.elements?.map { $0["value"]?.int } == Array(0..<2_500))
      tasks[2_300] = #"{"task":"nope"}"#
      let refused = try await node.ask("POST", "/tasks", "[\(tasks.joined(separator: ","))]")
      #expect(refused.status == 400 && refused.json["pointer"]?.string == "/2300/task")
      let broken = try await node.ask("POST", "/tasks", "[\(tasks[..<2_000].joined(separator: ",")),\n}")
      #expect(broken.status == 400 && broken.json["line"]?.int == 2)
      #expect(node.pool.table.kept == 2_500)
    }
  }

  @Test("an unknown path is 404, a known path with another method 405 with what it allows")
  func routes() async throws {
    try await withNode { node async throws in
      for path in ["/", "/nothing", "/tasks/a/b", "/tasks/not-an-id", "/tasks/0197a000-0000-7000-8000-000000000000"] {
        #expect(try await node.ask("GET", path).status == 404)
      }
      #expect(try await node.ask("DELETE", "/shards/0197a000-0000-7000-8000-000000000000").status == 404)
      for (method, path, allow) in [
        ("PUT", "/tasks", "GET, HEAD, POST"), ("POST", "/tasks/x", "GET, HEAD, DELETE"),
        ("PUT", "/shards", "GET, HEAD, POST"),
        ("GET", "/drain", "POST"), ("POST", "/healthz", "GET, HEAD"), ("POST", "/shards/x", "GET, DELETE"),
      ] {
        let answer = try await node.ask(method, path)
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == allow)
      }
    }
  }

  @Test("a wait that is no number of seconds is refused")
  func badWait() async throws {
    try await withNode { node async throws in
      for wait in ["x", "-1", "nan", "inf", ""] {
        let answer = try await node.ask("POST", "/tasks?wait=\(wait)", #"{"task":"echo"}"#)
        #expect(answer.status == 400)
      }
      #expect(node.pool.table.kept == 0)
    }
  }
}
