import Foundation
import JSON
import Testing

@Suite("Nodes by name", .timeLimit(.minutes(5))) struct NodeCommandTests {
  @Test("a node that is drained from afar ends and has left, and the filters find it")
  func drain() async throws {
    try await Cluster.run(nodes: 2) { cluster in
      let (unknown, refused) = try await cluster.command(["drain", "nobody"])
      #expect(unknown == 1 && refused.errors.contains("No member is called 'nobody'"), "\(refused.errors)")
      let (status, program) = try await cluster.command(["drain", "node-1"])
      #expect(status == 0 && program.output == "node-1 drains\n", "\(program.errors)")
      let pid = try #require(cluster.children.first { $0.name == "node-1" }?.pid)
      let hasEnded = try await Program.wait { !Program.isRunning(pid) }
      #expect(hasEnded, "\(cluster.up.errors)")
      let hasLeft = try await Program.wait {
        let left = try await cluster.ask("nodes", "--state", "left", "--role", "node")["nodes"]?.elements ?? []
        return left.map { $0["name"]?.string } == ["node-1"]
      }
      #expect(hasLeft)
      let (usage, slip) = try await cluster.command(["nodes", "--state", "gone"])
      #expect(usage == 1 && slip.errors.contains("'gone' is none of alive"), "\(slip.errors)")
    }
  }

  @Test("of two nodes that are started at one moment under one name one serves, and the other ends and says why")
  func twins() async throws {
    let common = ["--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local"]
    let coordinator = try Program(["coordinator", "--name", "c"] + common)
    let ready = try JSONValue.parse(try await coordinator.firstLine())
    let join = ["--join", ready["gossip"]?.string ?? ""]
    let twins = try (0..<2).map { _ in try Program(["node", "--name", "twin"] + common + join) }
    let oneHasEnded = try await Program.wait { twins.contains { !Program.isRunning(Int($0.pid)) } }
    #expect(oneHasEnded, "\(twins.map(\.errors))")
    let loser = twins.first { !Program.isRunning(Int($0.pid)) }
    #expect(try await loser?.exitStatus() == 1)
    #expect(loser?.errors.contains("the name 'twin' is taken by a live member at 127.0.0.1:") == true)
    for program in twins + [coordinator] where Program.isRunning(Int(program.pid)) {
      program.send(SIGTERM)
      #expect(try await program.exitStatus() == 0, "\(program.errors)")
    }
  }
}
