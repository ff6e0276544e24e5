import Foundation
import JSON
import Testing

/// A cluster that `ignareo up` runs, and commands that speak to it.
struct Cluster {
  let up: Program
  let ready: JSONValue
  let folder: URL

  /// Starts one, hands it to `body`, and ends it whatever happens.
  static func run(
    nodes: Int = 3, environment: [String: String] = [:], _ body: (Cluster) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-cluster-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let up = try Program(["up", "--nodes", "\(nodes)", "--http-port", "0"], environment: environment)
    do {
      let cluster = Cluster(up: up, ready: try JSONValue.parse(try await up.firstLine()), folder: folder)
      try await body(cluster)
    } catch {
      up.send(SIGKILL)
      try await up.exitStatus()
      throw error
    }
    if Program.isRunning(Int(up.pid)) { up.send(SIGTERM) }
    try await up.exitStatus()
  }

  var url: String { ready["coordinator"]?.string ?? "" }

  struct Child {
    let role: String
    let name: String
    let pid: Int
  }

  var children: [Child] {
    (ready["children"]?.elements ?? []).map {
      Child(role: $0["role"]?.string ?? "", name: $0["name"]?.string ?? "", pid: $0["pid"]?.int ?? 0)
    }
  }

  /// Starts a command against this cluster.
  func start(_ arguments: [String], input: String = "") throws -> Program {
    try Program(arguments, environment: ["IGNAREO_COORDINATOR": url], input: input)
  }

  /// Runs a command to its end.
  func command(_ arguments: [String], input: String = "") async throws -> (status: Int32, program: Program) {
    let program = try start(arguments, input: input)
    return (try await program.exitStatus(), program)
  }

  /// What a command answers with `--json`.
  func ask(_ arguments: String...) async throws -> JSONValue {
    let (_, program) = try await command(arguments + ["--json"])
    return try JSONValue.parse(program.output)
  }

  func write(_ name: String, _ text: String) throws -> String {
    let file = folder.appending(path: name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  func read(_ name: String) throws -> [JSONValue] {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n")
      .map { try JSONValue.parse(String($0)) }
  }

  func path(_ name: String) -> String { folder.appending(path: name).path }
}

/// So many lines of one task.
func lines(_ count: Int, _ task: String) -> String { String(repeating: task + "\n", count: count) }
