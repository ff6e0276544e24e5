import Foundation
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// The package's root is four folders above this file.
private let example = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Cluster/examples/fetch_worker.py").path

@Suite("A worker on a node", .timeLimit(.minutes(2)))
struct WorkerNodeTests {
  private func types(_ command: String, processes: Int = 2) -> TaskTypes {
    var types = TaskTypes.builtIn
    types.registerWorker("w", command: command, processes: processes)
    return types
  }

  @Test("a worker is a task type like every other, and the node's status counts its processes")
  func listed() async throws {
    try await withNode(loops: 2, types: types("cat", processes: 3)) { node async throws in
      let listed = try await node.ask("GET", "/task-types").json["task_types"]?.elements ?? []
      let worker = try #require(listed.first { $0["name"]?.string == "w" })
      #expect(worker["timeout_s"]?.int == 3600 && worker["arguments"]?.text == "{}")
      let expected = #"[{"name":"w","processes":3,"running":3,"restarts":0}]"#
      var text: String?
      while text != expected { text = try await node.ask("GET", "/status").json["workers"]?.text }
      #expect(try await node.ask("GET", "/status").json["task_types"]?.text.contains(#""w""#) == true)
    }
    try await withNode { node async throws in
      #expect(try await node.ask("GET", "/status").json["workers"]?.text == "[]")
    }
  }

  @Test("a draining node lets its worker's tasks end, and its processes after them")
  func drain() async throws {
    let program = """
      import json, os, sys, time
      for line in sys.stdin:
          task = json.loads(line)
          while not os.path.exists(task['args']): time.sleep(0.002)
          print(json.dumps({'id': task['id'], 'value': os.getpid()}), flush=True)
      """
    let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-worker-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (file, gate) = (folder.appending(path: "worker.py").path, folder.appending(path: "gate").path)
    try Data(program.utf8).write(to: URL(filePath: file))
    try await withNode(types: types("python3 \(file)")) { node async throws in
      let tasks = Array(repeating: #"{"task":"w","args":"\#(gate)"}"#, count: 4).joined(separator: ",")
      let waiting = node.loop.spawn { try await node.ask("POST", "/tasks?wait=60", "[\(tasks)]") }
      try await eventually(node.loop, "they run") { node.pool.table.running == 4 }
      let drained = node.loop.spawn { await node.service.drain() }
      try await eventually(node.loop, "it drains") { node.pool.isDraining }
      try Data().write(to: URL(filePath: gate))
      let answers = try await waiting.value.json["tasks"]?.elements ?? []
      #expect(answers.count == 4 && answers.allSatisfy { $0["state"]?.string == "ok" })
      await drained.value
      await node.service.close()
      for answer in answers { #expect(kill(Int32(answer["value"]?.int ?? 1), 0) != 0) }
    }
  }

  @Test("a node that closes ends what its worker still has, and tells who waits")
  func close() async throws {
    try await withNode(types: types("sleep 600 | sleep 600", processes: 1)) { node async throws in
      let waiting = node.loop.spawn { try await node.ask("POST", "/tasks?wait=60", #"[{"task":"w"},{"task":"w"}]"#) }
      try await eventually(node.loop, "they run") { node.pool.table.running == 2 }
      await node.service.close()
      let answers = try await waiting.value.json["tasks"]?.elements ?? []
      #expect(answers.map { $0["state"]?.string } == ["cancelled", "cancelled"])
      let status = try JSONValue.parse(node.service.status(name: "n", version: "1"))
      #expect(status.at(pointer: "/workers/0/running")?.int == 0)
    }
  }

  @Test("the example in Python fetches with blocking code, and tells its errors as a task does")
  func fetch() async throws {
    try await withNode(types: types("python3 '\(example)'")) { node async throws in
      let site = try Website(node.loop) { _, exchange in
        switch exchange.request.path {
        case "/page": exchange.respond(json: Array(#"{"price":5}"#.utf8))
        default: exchange.respond(status: 503, json: Array("{}".utf8))
        }
      }
      defer { site.close() }
      func run(_ arguments: String) async throws -> JSONValue {
        let answer = try await node.ask("POST", "/tasks?wait=60", #"{"task":"w","args":\#(arguments)}"#)
        return answer.json.at(pointer: "/tasks/0") ?? .null
      }
      let page = try await run(#"{"url":"\#(site.url("/page"))"}"#)
      #expect(page["value"]?["status"]?.int == 200)
      #expect(page["value"]?["body"]?.string == #"{"price":5}"#)
      _ = try await run(#"{"url":"\#(site.url("/page"))","method":"POST","body":"ä"}"#)
      #expect(site.requests == ["GET /page", "POST /page"])

      let busy = try await run(#"{"url":"\#(site.url("/busy"))"}"#)["error"]
      #expect(busy?["code"]?.string == "http_status" && busy?["retryable"]?.bool == true)
      // Port 1 is nobody's.
      let refused = try await run(#"{"url":"http://127.0.0.1:1/"}"#)["error"]
      #expect(refused?["code"]?.string == "connect" && refused?["message"]?.string?.contains("refused") == true)
      #expect(try await run("{}")["error"]?["code"]?.string == "bad_arguments")
      #expect(try await run("[]")["error"]?["code"]?.string == "bad_arguments")
      #expect(try await run(#"{"url":"ftp//no"}"#)["error"]?["code"]?.string == "bad_arguments")
    }
  }

  @Test("a worker's type without a node says so")
  func withoutNode() async throws {
    try await withPool(types: types("cat")) { pool async throws in
      let failure = try await pool.run(#"{"task":"w"}"#).failure
      #expect(failure?.code == .rejected && failure?.message.contains("'w'") == true)
    }
  }
}
