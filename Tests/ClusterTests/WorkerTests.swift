import Foundation
import JSON
import Testing

/// The package's root is three folders above this file.
private let example = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "Cluster/examples/fetch_worker.py").path

@Suite("Workers in a cluster", .serialized, .timeLimit(.minutes(5))) struct WorkerTests {
  @Test("a batch of a worker's tasks runs on all nodes, whose processes end with them")
  func batch() async throws {
    let environment = ["IGNAREO_WORKER": "fetch=python3 '\(example)'", "IGNAREO_WORKER_PROCESSES": "fetch=2"]
    try await Cluster.run(nodes: 2, environment: environment) { cluster in
      let types = try await cluster.ask("tasks")["task_types"]?.elements ?? []
      #expect(types.first { $0["name"]?.string == "fetch" }?["nodes"]?.elements?.count == 2)
      let task = #"{"task":"fetch","args":{"url":"\#(cluster.url)/healthz"}}"#
      let file = try cluster.write("tasks.ndjson", lines(100, task))
      let (status, submit) = try await cluster.command(["submit", file, "--output", cluster.path("out.ndjson")])
      #expect(status == 0, "\(submit.errors)")
      let results = try cluster.read("out.ndjson")
      #expect(results.compactMap { $0["index"]?.int }.sorted() == Array(0..<100))
      #expect(results.allSatisfy { $0["value"]?["status"]?.int == 200 })
      #expect(Set(results.compactMap { $0["node"]?.string }).count == 2)
      let workers = cluster.children.flatMap { children(of: $0.pid) }
      #expect(workers.count == 4)
      cluster.up.send(SIGTERM)
      #expect(try await cluster.up.exitStatus() == 0)
      #expect(!workers.contains { Program.isRunning($0) })
    }
  }

  @Test("when a node is killed, its workers do not outlive it, though one never looks at its input")
  func nodeKilled() async throws {
    let deaf = "import time; time.sleep(600)"
    let node = try Program([
      "node", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--worker", "deaf=python3 -c '\(deaf)' | cat",
      "--worker", "good=cat", "--worker-processes", "deaf=1", "--worker-processes", "good=1",
    ])
    _ = try await node.firstLine()
    // The shell of the pipeline with its two processes, and `cat`.
    let isUp = try await Program.wait { descendants(of: Int(node.pid)).count == 4 }
    #expect(isUp, "\(node.errors)")
    let workers = descendants(of: Int(node.pid))
    node.send(SIGKILL)
    let status = try await node.exitStatus()
    #expect(status == 128 + SIGKILL)
    let areGone = try await Program.wait { !workers.contains { Program.isRunning($0) } }
    #expect(areGone)
  }

  @Test(
    "a worker that cannot be meant is a usage error of one line",
    arguments: [
      (["--worker", "fetch"], "--worker"), (["--worker", "http=cat"], "http"),
      (["--worker", "a=cat", "--worker-processes", "b=1"], "--worker-processes"),
      (["--worker", "a=cat", "--worker-tasks", "a=0"], "--worker-tasks"),
    ])
  func usage(_ arguments: [String], _ word: String) async throws {
    let program = try Program(["node"] + arguments)
    #expect(try await program.exitStatus() == 2)
    let errors = program.errors.split(separator: "\n")
    #expect(errors.count == 1 && errors[0].contains(word), "\(program.errors)")
  }
}

private func children(of pid: Int) -> [Int] {
  let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
  return tasks.flatMap { task in
    let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/children", encoding: .utf8)) ?? ""
    return text.split(separator: " ").compactMap { Int($0) }
  }
}

private func descendants(of pid: Int) -> [Int] { children(of: pid).flatMap { [$0] + descendants(of: $0) } }
