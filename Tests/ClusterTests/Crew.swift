import Foundation
import HTTP
import JSON
import Loop
import Net
import Testing

/// A coordinator and nodes as processes that a test kills and starts again, each under its name and on its ports.
///
/// Guarded by: one test's task, on the loop of its client.
final class Crew: @unchecked Sendable {
  struct Member {
    let role: String
    let name: String
    var program: Program
    /// The flags that bring it back to where it was.
    let flags: [String]
  }

  private(set) var members: [Member] = []
  private let folder: URL
  private let client: HTTPClient
  let coordinatorURL: String

  /// The coordinator's place in `members`.
  static let coordinator = 0

  static func run(
    on loop: EventLoop, nodes: Int, nodeFlags: [String] = [], _ body: (Crew) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-crew-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let client = HTTPClient(loop: loop)
    defer { client.close() }
    let crew = try await Crew(folder, client, nodes: nodes, nodeFlags)
    do {
      try await body(crew)
    } catch {
      try await crew.end()
      throw error
    }
    try await crew.end()
  }

  private init(_ folder: URL, _ client: HTTPClient, nodes: Int, _ nodeFlags: [String]) async throws {
    (self.folder, self.client) = (folder, client)
    let (coordinator, ready) = try await Self.start("coordinator", "c", [], folder)
    coordinatorURL = "http://\(ready.http)"
    members.append(coordinator)
    for number in 1...nodes {
      members.append(try await Self.start("node", "n\(number)", ["--join", ready.gossip] + nodeFlags, folder).0)
    }
  }

  /// Starts one on free ports, which it then keeps.
  private static func start(
    _ role: String, _ name: String, _ flags: [String], _ folder: URL
  ) async throws -> (Member, (http: String, gossip: String)) {
    let common = ["--name", name, "--profile", "local"] + flags
    let program = try launch(
      role, common + ["--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0"], folder)
    let ready = try JSONValue.parse(try await program.firstLine())
    let (http, gossip) = (ready["http"]?.string ?? "", ready["gossip"]?.string ?? "")
    let member = Member(
      role: role, name: name, program: program, flags: common + ["--http", http, "--gossip", gossip])
    return (member, (http, gossip))
  }

  private static func launch(_ role: String, _ flags: [String], _ folder: URL) throws -> Program {
    try Program(
      [role] + flags,
      environment: role == "coordinator" ? ["IGNAREO_DATA": folder.appending(path: "data").path] : [:])
  }

  func kill(_ place: Int) async throws {
    members[place].program.send(SIGKILL)
    try await members[place].program.exitStatus()
  }

  /// Returns once it says that it is ready.
  func startAgain(_ place: Int) async throws {
    members[place].program = try Self.launch(members[place].role, members[place].flags, folder)
    _ = try await members[place].program.firstLine()
  }

  private func end() async throws {
    for member in members {
      member.program.send(SIGKILL)
      try await member.program.exitStatus()
    }
  }

  // MARK: What the coordinator says

  /// Nil while it is not there, or says no.
  func ask(_ path: String) async -> [UInt8]? {
    guard let answer = try? await client.fetch(HTTPClientRequest(coordinatorURL + path)) else { return nil }
    return answer.status == 200 ? answer.body : nil
  }

  func json(_ path: String) async -> JSONValue? {
    await ask(path).flatMap { try? JSONValue.parse($0) }
  }

  /// Submits lines of tasks; gives the batch's path.
  func submit(_ lines: String) async throws -> String {
    let request = HTTPClientRequest(
      coordinatorURL + "/batches", method: "POST", headers: ["Content-Type": "application/x-ndjson"],
      body: .bytes(Array(lines.utf8)))
    let answer = try await client.fetch(request)
    let text = String(decoding: answer.body, as: UTF8.self)
    try #require(answer.status == 202, "\(text)")
    return "/batches/\(try #require(try JSONValue.parse(text)["id"]?.string))"
  }
}
