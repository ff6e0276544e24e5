import Foundation
import JSON
import Testing

@Suite("Roles as processes", .timeLimit(.minutes(5))) struct RoleTests {
  private static let anywhere = ["--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local"]

  private func start(_ role: String, _ arguments: [String] = []) throws -> Program {
    try Program([role] + Self.anywhere + arguments)
  }

  @Test(
    "a role prints one ready line of the contract's form, and SIGTERM ends it with 0",
    arguments: ["node", "coordinator"])
  func readyLine(_ role: String) async throws {
    let program = try start(role, ["--name", "me"])
    let line = try await program.firstLine()
    let ready = try JSONValue.parse(line)
    #expect(ready.members?.map(\.key.string) == ["event", "role", "name", "http", "gossip", "pid"])
    #expect(ready["event"]?.string == "ready" && ready["role"]?.string == role && ready["name"]?.string == "me")
    #expect(ready["pid"]?.int == Int(program.pid))
    for key in ["http", "gossip"] {
      let parts = ready[key]?.string?.split(separator: ":") ?? []
      #expect(parts.first == "127.0.0.1" && Int(parts.last ?? "") ?? 0 > 0)
    }
    program.send(SIGTERM)
    #expect(try await program.exitStatus() == 0, "\(program.errors)")
    #expect(program.outputLines == [line])
  }

  @Test("SIGINT ends a node as SIGTERM does")
  func interrupt() async throws {
    let node = try start("node")
    _ = try await node.firstLine()
    node.send(SIGINT)
    #expect(try await node.exitStatus() == 0)
  }

  @Test(
    "a port in use is told with its flag, and nothing is harmed", arguments: ["--http", "--gossip"],
    ["node", "coordinator"])
  func portInUse(_ flag: String, _ role: String) async throws {
    let first = try start("node")
    let ready = try JSONValue.parse(try await first.firstLine())
    let address = try #require(ready[flag == "--http" ? "http" : "gossip"]?.string)
    let second = try start(role, [flag, address])
    #expect(try await second.exitStatus() == 1)
    #expect(second.errors.contains(flag) && second.errors.contains(address))
    #expect(second.output.isEmpty)
    #expect(Program.isRunning(Int(first.pid)))
    first.send(SIGTERM)
    #expect(try await first.exitStatus() == 0)
  }

  @Test("`up` whose port is taken ends with 1, in its coordinator's words, and leaves nobody behind")
  func upWithoutPort() async throws {
    let holder = try start("coordinator")
    let http = try #require(try JSONValue.parse(try await holder.firstLine())["http"]?.string)
    let port = String(http.split(separator: ":").last ?? "")
    let up = try Program(["up", "--nodes", "2", "--http-port", port])
    #expect(try await up.exitStatus() == 1)
    #expect(up.output.isEmpty && up.errors.contains(http) && up.errors.contains("before it was ready"))
    holder.send(SIGTERM)
    #expect(try await holder.exitStatus() == 0)
  }

  @Test("a node whose --join reaches nobody goes on trying, and joins when somebody is there")
  func joinsLater() async throws {
    // A port that was free a moment ago: its holder has ended.
    let probe = try start("node")
    let address = try #require(try JSONValue.parse(try await probe.firstLine())["gossip"]?.string)
    probe.send(SIGTERM)
    try await probe.exitStatus()

    let node = try start("node", ["--name", "early", "--join", address])
    _ = try await node.firstLine()
    let late = try start("coordinator", ["--name", "late", "--gossip", address])
    let ready = try JSONValue.parse(try await late.firstLine())
    let url = "http://" + (ready["http"]?.string ?? "")
    let met = try await Program.wait {
      let nodes = try Program(["nodes", "--json", "--coordinator", url])
      guard try await nodes.exitStatus() == 0 else { return false }
      let listed = try JSONValue.parse(nodes.output)["nodes"]?.elements ?? []
      return listed.contains { $0["name"]?.string == "early" && $0["state"]?.string == "alive" }
    }
    #expect(met, "\(node.errors)")
    for program in [node, late] {
      program.send(SIGTERM)
      #expect(try await program.exitStatus() == 0)
    }
  }
}

@Suite("The command line") struct CommandLineTests {
  @Test(
    "a usage error is one line on standard error, and the exit status is 2",
    arguments: [
      (["submt"], "submit"), (["submit"], "FILE"), (["submit", "--attempts", "3", "f"], "--attempts"),
      (["node", "--http", "here"], "--http"), (["up", "--nodes", "none"], "--nodes"), (["results", "a/b"], "ID"),
      (["results", "x", "--after", "-1"], "--after"), (["coordinator", "extra"], "extra"), (["help", "me"], "me"),
      (["submit", "/nowhere/tasks.ndjson"], "FILE"), (["simulate", "weather"], "weather"), (["simulate"], "membership"),
      (["drain"], "NODE"),
      (["node", "--gossip-key-file", "/nowhere/key"], "ignareo node: flag --gossip-key-file"),
      (["simulate", "membership", "--lifeguard", "half"], "--lifeguard"),
      (["simulate", "membership", "--scenario", "/nowhere/x.txt"], "--scenario"),
      (["simulate", "membership", "--members", "10001"], "--members"),
    ])
  func usage(_ arguments: [String], _ word: String) async throws {
    let program = try Program(arguments)
    #expect(try await program.exitStatus() == 2)
    #expect(program.output.isEmpty)
    let errors = program.errors.split(separator: "\n")
    #expect(errors.count == 1 && errors[0].hasPrefix("ignareo") && errors[0].contains(word), "\(program.errors)")
  }

  @Test("a cluster that cannot be reached makes the exit status 3 and names host, cause and way out")
  func unreachable() async throws {
    for arguments in [["nodes"], ["submit", "-"], ["batch", "x"], ["results", "x"], ["cancel", "x"], ["tasks"]] {
      // Port 1 is nobody's.
      let program = try Program(arguments + ["--coordinator", "http://127.0.0.1:1"], input: "{\"task\":\"echo\"}\n")
      #expect(try await program.exitStatus() == 3, "\(arguments)")
      #expect(program.output.isEmpty)
      for word in ["127.0.0.1:1", "refused", "--coordinator"] { #expect(program.errors.contains(word)) }
    }
  }

  @Test("help and version go to standard output")
  func help() async throws {
    for arguments in [["help"], ["--help"], ["help", "submit"], ["submit", "--help"], ["version"], ["--version"]] {
      let program = try Program(arguments)
      #expect(try await program.exitStatus() == 0)
      #expect(!program.output.isEmpty && program.errors.isEmpty)
    }
  }

  @Test("a simulation that passes exits with 0 and gives the same report for the same seed")
  func simulation() async throws {
    var reports: Set<String> = []
    for _ in 1...2 {
      let program = try Program(["simulate", "membership", "--seed", "7", "--members", "4", "--scenario", "crash"])
      #expect(try await program.exitStatus() == 0, "\(program.output)")
      reports.insert(program.output)
    }
    #expect(reports.count == 1)
  }

  @Test("a simulation's figures are one line of JSON, without Lifeguard too")
  func simulationFigures() async throws {
    let flags = ["--seed", "7", "--members", "4", "--scenario", "scale-crash", "--lifeguard", "off", "--json"]
    let program = try Program(["simulate", "membership"] + flags)
    #expect(try await program.exitStatus() == 0, "\(program.errors)")
    #expect(program.output.split(separator: "\n").count == 1)
    let report = try JSONValue.parse(program.output)
    #expect(report["passed"]?.bool == true && report["load"]?["datagrams"] != nil)
    #expect(report["repeat"]?.string?.hasSuffix("--scenario scale-crash --lifeguard off") == true)
  }
}
