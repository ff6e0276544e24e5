import Glibc
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("What a node says of itself", .timeLimit(.minutes(2)))
struct NodeStateTests {
  @Test("task types are listed with their arguments' schemas")
  func taskTypes() async throws {
    try await withNode { node async throws in
      let answer = try await node.ask("/task-types")
      let types = try #require(answer.json["task_types"]?.elements)
      #expect(types.map { $0["name"]?.string } == ["echo", "fail", "flow", "http", "sleep"])
      #expect(types[3].at(pointer: "/arguments/properties/url/type")?.string == "string")
      #expect(types.allSatisfy { $0["summary"]?.string?.isEmpty == false })
    }
  }

  @Test("a node whose loop stands still says at once that it is slow, to be gossiped")
  func slowness() async throws {
    try await withNode { node async throws in
      let told = await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
        node.service.onSlowness = { isSlow in
          node.service.onSlowness = nil
          continuation.resume(returning: isSlow)
        }
        node.loop.execute { usleep(800_000) }
      }
      #expect(told)
      #expect(try await node.ask("/status").json["slow"]?.bool == true)
    }
  }

  @Test("the status counts the tasks themselves and tells of loops and memory")
  func status() async throws {
    try await withNode(loops: 2, capacity: 1) { node async throws in
      for _ in 0..<2 { _ = try await node.add(#"{"task":"sleep","args":{"seconds":60}}"#) }
      let status = try await node.ask("/status").json
      #expect(status["name"]?.string == "bench")
      #expect(status["role"]?.string == "node")
      #expect(status["capacity"]?.int == 1)
      #expect(status["running"]?.int == 1)
      #expect(status["queued"]?.int == 1)
      #expect(status["slow"]?.bool == false)
      #expect(status["draining"]?.bool == false)
      #expect(status["connections"]?.int ?? 0 >= 1)
      #expect(status["rss_bytes"]?.int ?? 0 > 1 << 20)
      #expect(status["loops"]?.elements?.count == 2)
      #expect(status["task_types"]?.elements?.count == 5)
    }
  }

  @Test("finished tasks are counted by how they ended, and as a rate")
  func rate() async throws {
    try await withNode { node async throws in
      _ = try await node.ask("POST", "/tasks?wait=9", #"[{"task":"echo"},{"task":"echo"},{"task":"fail"}]"#)
      let status = try await node.ask("/status").json
      #expect(status["done"]?.int == 2)
      #expect(status["failed"]?.int == 1)
      try await eventually(node.loop, "a second has passed") { node.service.load.ratePerSecond > 0 }
    }
  }

  @Test("a node that starts is alive but not ready")
  func starting() async throws {
    try await withNode(serves: false) { node async throws in
      #expect(try await node.ask("/healthz").status == 200)
      #expect(try await node.ask("/readyz").status == 503)
      #expect(try await node.ask("POST", "/tasks", #"{"task":"echo"}"#).status == 503)
    }
  }

  @Test("a draining node is alive, not ready, takes nothing and finishes what it has")
  func draining() async throws {
    try await withNode { node async throws in
      #expect(try await node.ask("/readyz").status == 200)
      let task = try await node.add(#"{"task":"sleep","args":{"seconds":0.1}}"#)
      let drained = node.loop.spawn { await node.service.drain() }
      try await eventually(node.loop, "the drain begins") { node.pool.isDraining }
      let ready = try await node.ask("/readyz")
      #expect(ready.status == 503)
      #expect(ready.headers["retry-after"] != nil)
      #expect(try await node.ask("/healthz").status == 200)
      #expect(try await node.ask("POST", "/tasks", #"{"task":"echo"}"#).status == 503)
      let shard = "/shards?id=0197a000-0000-7000-8000-000000000000"
      #expect(try await node.ask("POST", shard, "", type: "application/x-ndjson").status == 503)
      #expect(try await node.ask("/status").json["draining"]?.bool == true)
      await drained.value
      #expect(try await node.ask(task).json["state"]?.string == "ok")
    }
  }

  @Test("a drain can be asked for")
  func drainRequest() async throws {
    try await withNode { node async throws in
      #expect(try await node.ask("POST", "/drain").status == 202)
      #expect(node.drainRequests == 1)
    }
  }

  @Test("the cluster's view is asked with the name decoded")
  func nodes() async throws {
    try await withNode { node async throws in
      #expect(try await node.ask("/nodes").json["nodes"] != nil)
      #expect(try await node.ask("/nodes/host%3A7946%2Fx").json["name"]?.string == "host:7946/x")
    }
  }

  @Test("HEAD is answered as GET, without a body")
  func head() async throws {
    try await withNode { node async throws in
      for path in ["/tasks", "/status", "/healthz"] {
        let answer = try await node.ask("HEAD", path)
        #expect(answer.status == 200)
      }
    }
  }
}

extension NodeBench {
  fileprivate func ask(_ path: String) async throws -> Answer { try await ask("GET", path) }
}
