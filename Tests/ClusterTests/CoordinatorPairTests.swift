import Foundation
import JSON
import Testing

@Suite("Coordinators side by side", .timeLimit(.minutes(2))) struct CoordinatorPairTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-pair-\(UUID())")

  private func start(_ role: String, _ name: String, _ flags: [String]) throws -> Program {
    let flags = ["--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local", "--name", name] + flags
    return try Program(
      [role] + flags,
      environment: role == "coordinator" ? ["IGNAREO_DATA": folder.appending(path: name).path] : [:])
  }

  private func ask(_ coordinator: String, _ arguments: String...) async throws -> JSONValue {
    let program = try Program(arguments + ["--json", "--coordinator", coordinator])
    #expect(try await program.exitStatus() == 0, "\(program.errors)")
    return try JSONValue.parse(program.output)
  }

  @Test("two coordinators share a node whose places are all taken: the second one's batch is not behind the first's")
  func share() async throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var programs: [Program] = []
    defer { for program in programs { program.send(SIGKILL) } }
    var urls: [String] = []
    var gossip = ""
    for name in ["c1", "c2"] {
      let coordinator = try start("coordinator", name, gossip.isEmpty ? [] : ["--join", gossip])
      programs.append(coordinator)
      let ready = try JSONValue.parse(try await coordinator.firstLine())
      gossip = ready["gossip"]?.string ?? ""
      urls.append("http://\(ready["http"]?.string ?? "")")
    }
    let node = try start("node", "n", ["--join", gossip, "--capacity", "8"])
    programs.append(node)
    _ = try await node.firstLine()
    for url in urls {
      let isKnown = try await Program.wait {
        try await ask(url, "nodes")["nodes"]?.elements?.contains { $0["task_types"]?.elements?.isEmpty == false }
          == true
      }
      #expect(isKnown, "\(url) does not know the node")
    }

    // Alone, the first one's batch takes six seconds, and the second one's half a second.
    var ids: [String] = []
    for (url, count) in zip(urls, [960, 80]) {
      let file = folder.appending(path: "tasks-\(count)")
      try Data(lines(count, #"{"task":"sleep","args":{"seconds":0.05}}"#).utf8).write(to: file)
      let document = try await ask(url, "submit", file.path, "--detach")
      ids.append(document["id"]?.string ?? "")
      let hasBegun = try await Program.wait { try await ask(url, "batch", ids.last!)["running"]?.int ?? 0 > 0 }
      #expect(hasBegun)
    }
    let (first, second) = (ids[0], ids[1])
    let isDone = try await Program.wait { try await ask(urls[1], "batch", second)["state"]?.string == "done" }
    #expect(isDone)
    let other = try await ask(urls[0], "batch", first)
    #expect(other["state"]?.string == "running", "\(other["ok"]?.int ?? 0) tasks of the first one came before")
    #expect(try await Program.wait { try await ask(urls[0], "batch", first)["state"]?.string == "done" })
    for (url, count) in zip(urls, [960, 80]) {
      let batch = try await ask(url, "batch", url == urls[0] ? first : second)
      #expect(batch["ok"]?.int == count && batch["retried"]?.int == 0)
    }
  }
}
