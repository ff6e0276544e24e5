import Foundation
import JSON
import Testing

/// The times are the product's promise; the machine that runs the tests may be busy, and still has to keep them.
@Suite("Members as processes", .serialized, .timeLimit(.minutes(5))) struct MembershipTests {
  /// A role's process, with the addresses of its ready line.
  private struct Role {
    let name: String
    let program: Program
    let ready: JSONValue

    var gossip: String { ready["gossip"]?.string ?? "" }

    /// The states of all members by name, as `GET /nodes` of this process gives them.
    func states() async throws -> [String: String] {
      let nodes = try Program(["nodes", "--json", "--coordinator", "http://" + (ready["http"]?.string ?? "")])
      try #require(try await nodes.exitStatus() == 0, "\(nodes.errors)")
      let listed = try JSONValue.parse(nodes.output)["nodes"]?.elements ?? []
      return Dictionary(uniqueKeysWithValues: listed.map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") })
    }
  }

  private func start(_ role: String, _ name: String, _ profile: String, join: Role? = nil) async throws -> Role {
    let join = join.map { ["--join", $0.gossip] } ?? []
    let program = try Program(
      [role, "--name", name, "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", profile] + join)
    return Role(name: name, program: program, ready: try JSONValue.parse(try await program.firstLine()))
  }

  /// A coordinator and three nodes that know nothing but its address; hands them over once each sees all.
  private func run(_ profile: String, _ body: ([Role]) async throws -> Void) async throws {
    let coordinator = try await start("coordinator", "c", profile)
    var roles = [coordinator]
    for name in ["n1", "n2", "n3"] { roles.append(try await start("node", name, profile, join: coordinator)) }
    let alive = Dictionary(uniqueKeysWithValues: roles.map { ($0.name, "alive") })
    for role in roles {
      let seesAll = try await Program.wait { try await role.states() == alive }
      #expect(seesAll, "\(role.name): \(role.program.errors)")
    }
    try await body(roles)
    for role in roles where Program.isRunning(Int(role.program.pid)) { role.program.send(SIGTERM) }
    for role in roles { try await role.program.exitStatus() }
  }

  @Test("a node killed with -9 is dead at all others' /nodes in time", arguments: [("local", 10), ("lan", 30)])
  func killed(_ profile: String, _ seconds: Int) async throws {
    try await run(profile) { roles in
      roles[3].program.send(SIGKILL)
      let start = ContinuousClock.now
      for role in roles.dropLast() {
        let isDead = try await Program.wait { try await role.states()["n3"] == "dead" }
        #expect(isDead, "\(role.program.errors)")
      }
      let taken = ContinuousClock.now - start
      #expect(taken < .seconds(seconds), "it took \(taken)")
      #expect(try await roles[0].states() == ["c": "alive", "n1": "alive", "n2": "alive", "n3": "dead"])
    }
  }

  @Test("a coordinator killed with -9 and started again without --join, at another port, finds its cluster by its data")
  func remembers() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-data-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let arguments = [
      "coordinator", "--name", "c", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local", "--data",
      folder.path,
    ]
    func coordinator() async throws -> Role {
      let program = try Program(arguments)
      return Role(name: "c", program: program, ready: try JSONValue.parse(try await program.firstLine()))
    }
    let first = try await coordinator()
    let nodes = [
      try await start("node", "n1", "local", join: first), try await start("node", "n2", "local", join: first),
    ]
    let all = ["c": "alive", "n1": "alive", "n2": "alive"]
    #expect(try await Program.wait { try await first.states() == all }, "\(first.program.errors)")
    let peers = folder.appending(path: "peers")
    let isWritten = try await Program.wait {
      let text = (try? String(contentsOf: peers, encoding: .utf8)) ?? ""
      return text.contains(" n1\n") && text.contains(" n2\n")
    }
    #expect(isWritten, "\(first.program.errors)")
    first.program.send(SIGKILL)
    try await first.program.exitStatus()
    for node in nodes {
      #expect(try await Program.wait { try await node.states()["c"] == "dead" }, "\(node.program.errors)")
    }
    let again = try await coordinator()
    #expect(again.gossip != first.gossip)
    for role in [again] + nodes {
      #expect(try await Program.wait { try await role.states() == all }, "\(role.name): \(role.program.errors)")
    }
    for role in nodes + [again] { role.program.send(SIGTERM) }
    for role in nodes + [again] { try await role.program.exitStatus() }
  }

  @Test("a node that SIGTERM ends is listed as left at once, and never as suspect or dead")
  func left() async throws {
    try await run("lan") { roles in
      roles[3].program.send(SIGTERM)
      let start = ContinuousClock.now
      for role in roles.dropLast() {
        var seen: Set<String> = []
        let hasLeft = try await Program.wait {
          let state = try await role.states()["n3"] ?? "unlisted"
          seen.insert(state)
          return state == "left"
        }
        #expect(hasLeft && seen.isSubset(of: ["alive", "left"]), "\(role.name) saw \(seen)")
      }
      let taken = ContinuousClock.now - start
      // A good-bye takes a moment. A suspicion among four members lasts four seconds at least, before it is a death.
      #expect(taken < .seconds(4), "it took \(taken)")
      #expect(try await roles[3].program.exitStatus() == 0)
      #expect(try await roles[0].states()["n3"] == "left")
    }
  }
}
