import Foundation
import JSON
import Testing

/// The table of what fails and what happens then, row by row, where a broken network shows it; rows that need none are
/// tested beside the code that they are about.
@Suite(
  "Failures of machines and their network", .serialized, .timeLimit(.minutes(5)),
  .enabled(if: Network.refusal == nil, "\(Network.refusal ?? "")"))
struct FailureTableTests {
  private static let threeNodes = [
    "n1": ["--capacity", "20"], "n2": ["--capacity", "20"], "n3": ["--capacity", "20"],
  ]

  /// Brings up a cluster in which every node runs some of 30 requests that the ledger does not answer yet.
  private func busy(_ body: @escaping @Sendable (Lab, String) async throws -> Void) async throws {
    try await Lab.run(nodes: Self.threeNodes) { lab in
      lab.ledger.hold()
      let path = try await lab.submit(lab.requests(0..<30))
      try await lab.wait("30 requests") { lab.ledger.total == 30 }
      for node in ["n1", "n2", "n3"] { try #require(!lab.asked(0..<30, by: node).isEmpty) }
      try await body(lab, path)
    }
  }

  @Test("a suspect gets no new shards and keeps what it has: a link that is back in time costs nothing")
  func suspect() async throws {
    try await busy { lab, path in
      try lab.network.cut("n3")
      try await lab.wait(at: "c", for: ["n3": "suspect"])
      let others = try await lab.end(of: try await lab.submit(lines(30, #"{"task":"echo"}"#)))
      #expect(others.isWhole(30) && others.areOK && !others.nodes.contains("n3"), "\(others.nodes)")
      try lab.network.mend("n3")
      try await lab.wait(at: "c", for: lab.allAlive)
      lab.ledger.release()
      let results = try await lab.end(of: path)
      #expect(results.isWhole(30) && results.areOK)
      #expect(lab.ledger.total == 30, "something ran twice: \(lab.ledger.callers.filter { $0.value.count > 1 })")
      for index in lab.asked(0..<30, by: "n3") { #expect(results.node(index) == "n3") }
    }
  }

  @Test("what a dead node held runs elsewhere at once or ends unknown, and what it says later is not heard")
  func dead() async throws {
    try await busy { lab, path in
      let lost = lab.asked(0..<30, by: "n3")
      let (repeatable, others) = (lost.filter { $0 % 2 == 0 }, lost.filter { $0 % 2 == 1 })
      try lab.network.cut("n3")
      try await lab.wait(at: "c", for: ["n3": "dead"])
      try await lab.wait("what may be repeated runs elsewhere") {
        repeatable.allSatisfy { lab.ledger.counts[$0] == 2 }
      }
      let early = try await lab.results(path)
      #expect(Set(early.byIndex.keys) == Set(others) && others.allSatisfy { early.status($0) == "unknown" })
      // The node goes on meanwhile: it has its results before it can tell anybody.
      lab.ledger.release()
      let results = try await lab.end(of: path)
      #expect(results.isWhole(30))
      for index in 0..<30 {
        #expect(results.status(index) == (others.contains(index) ? "unknown" : "ok"))
        #expect(results.node(index) != "n3" || others.contains(index))
        #expect(lab.ledger.counts[index] == (repeatable.contains(index) ? 2 : 1))
      }

      try lab.network.mend("n3")
      try await lab.wait(at: "c", for: lab.allAlive)
      lab.ledger.hold()
      let next = try await lab.submit(lab.requests(100..<160))
      try await lab.wait("the node gets work again") { !lab.asked(100..<160, by: "n3").isEmpty }
      lab.ledger.release()
      #expect(try await lab.end(of: next).areOK)
      #expect(try await lab.results(path) == results)
    }
  }

  @Test(
    "a coordinator that is killed and started again while a node is cut off loses nothing and repeats nothing twice")
  func coordinatorKilled() async throws {
    try await busy { lab, path in
      try lab.network.cut("n3")
      try await lab.kill("c")
      try await lab.start("c")
      try await lab.wait(at: "c", for: ["n1": "alive", "n2": "alive"])
      try lab.network.mend("n3")
      try await lab.wait(at: "c", for: lab.allAlive)
      lab.ledger.release()
      let results = try await lab.end(of: path)
      #expect(results.isWhole(30) && results.areOK)
      for index in 0..<30 where index % 2 == 1 { #expect(lab.ledger.counts[index] == 1) }
      for node in ["n1", "n2"] {
        for index in lab.asked(0..<30, by: node) where index % 2 == 1 { #expect(results.node(index) == node) }
      }
    }
  }

  @Test("a coordinator that comes back to its nodes within their patience takes everything up, and nothing runs twice")
  func outage() async throws {
    try await busy { lab, path in
      try lab.network.cut("c")
      try await lab.kill("c")
      for node in ["n1", "n2", "n3"] { try await lab.wait(at: node, for: ["c": "dead"]) }
      try await lab.start("c")
      try lab.network.mend("c")
      try await lab.wait(at: "c", for: lab.allAlive)
      lab.ledger.release()
      let results = try await lab.end(of: path)
      #expect(results.isWhole(30) && results.areOK)
      #expect(lab.ledger.total == 30, "something ran twice: \(lab.ledger.callers.filter { $0.value.count > 1 })")
    }
  }

  @Test("each side of a partition goes on with what it sees, and when it heals the views merge by themselves")
  func partition() async throws {
    let nodes = Dictionary(uniqueKeysWithValues: ["n1", "n2", "n3", "n4"].map { ($0, ["--capacity", "40"]) })
    try await Lab.run(coordinators: ["c", "d"], nodes: nodes) { lab in
      let sides = [("c", ["n1", "n2"], 0..<40), ("d", ["n3", "n4"], 100..<140)]
      lab.ledger.hold()
      var paths: [String] = []
      for (coordinator, _, numbers) in sides {
        paths.append(try await lab.submit(lab.requests(numbers), at: coordinator))
      }
      try await lab.wait("80 requests") { lab.ledger.total == 80 }
      try lab.network.split(["d", "n3", "n4"])
      for (coordinator, own, _) in sides {
        let isOwn = Set(own + [coordinator])
        let view = lab.members.map { ($0, isOwn.contains($0) ? "alive" : "dead") }
        try await lab.wait(at: coordinator, for: Dictionary(uniqueKeysWithValues: view))
        let batch = try await lab.submit(lines(20, #"{"task":"echo"}"#), at: coordinator)
        let results = try await lab.end(of: batch, at: coordinator)
        #expect(results.isWhole(20) && results.areOK && results.nodes.isSubset(of: own), "\(results.nodes)")
      }
      lab.ledger.release()
      for ((coordinator, own, numbers), path) in zip(sides, paths) {
        let results = try await lab.end(of: path, at: coordinator)
        let kept = own.flatMap { lab.asked(numbers, by: $0) }
        #expect(results.isWhole(40) && !kept.isEmpty)
        for (index, number) in numbers.enumerated() {
          let isLost = number % 2 == 1 && !kept.contains(number)
          #expect(
            results.status(index) == (isLost ? "unknown" : "ok"), "\(number): \(lab.ledger.callers[number] ?? [])")
          #expect(number % 2 == 0 || lab.ledger.counts[number] == 1)
        }
      }

      try lab.network.heal()
      for member in lab.members { try await lab.wait(at: member, for: lab.allAlive) }
      lab.ledger.hold()
      let next = try await lab.submit(lab.requests(200..<320))
      try await lab.wait("all nodes get work") { nodes.keys.allSatisfy { !lab.asked(200..<320, by: $0).isEmpty } }
      lab.ledger.release()
      #expect(try await lab.end(of: next).areOK)
    }
  }

  @Test("a node that is heard and hears nobody is given up, and its word against the others kills none of them")
  func deaf() async throws {
    try await busy { lab, path in
      let lost = lab.asked(0..<30, by: "n3")
      try lab.network.deafen("n3")
      for member in ["c", "n1", "n2"] { try await lab.wait(at: member, for: ["n3": "dead"]) }
      // It accuses all others meanwhile, and they hear it.
      try await lab.wait("it accuses the others") {
        let states = await lab.states(at: "n3")
        return ["c", "n1", "n2"].allSatisfy { states[$0] != "alive" }
      }
      lab.ledger.release()
      let results = try await lab.end(of: path)
      #expect(results.isWhole(30))
      for index in 0..<30 {
        let isLost = lost.contains(index)
        #expect(results.status(index) == (isLost && index % 2 == 1 ? "unknown" : "ok"))
        #expect(lab.ledger.counts[index] == (isLost && index % 2 == 0 ? 2 : 1))
      }
      try lab.network.endDeafness(of: "n3")
      for member in lab.members { try await lab.wait(at: member, for: lab.allAlive) }
      #expect(try await lab.results(path) == results)
    }
  }

  @Test("a node that the coordinator alone cannot reach stays alive, keeps what it has, and holds no batch up")
  func unreachable() async throws {
    try await busy { lab, path in
      try lab.network.lose(from: "c", to: "n3")
      // What is sent to it now does not arrive: its tasks are stragglers, which the others take.
      let others = try await lab.end(of: try await lab.submit(lines(60, #"{"task":"echo"}"#)))
      #expect(others.isWhole(60) && others.areOK && !others.nodes.contains("n3"), "\(others.nodes)")
      for member in lab.members { try await lab.wait(at: member, for: lab.allAlive) }
      try lab.network.endLoss(from: "c", to: "n3")
      lab.ledger.release()
      let results = try await lab.end(of: path)
      #expect(results.isWhole(30) && results.areOK)
      #expect(lab.ledger.total == 30, "something ran twice: \(lab.ledger.callers.filter { $0.value.count > 1 })")
      #expect(!lab.log(of: "c").contains("member_died"), "\(lab.log(of: "c"))")
    }
  }

  @Test("a submitter that goes away loses nothing: its batch goes on, and it reads on where it was")
  func submitter() async throws {
    try await Lab.run(nodes: ["n1": ["--capacity", "5"]], others: ["s"]) { lab in
      let (tasks, output) = (lab.path("tasks.ndjson"), lab.path("out.ndjson"))
      try Data(lab.requests(0..<20).utf8).write(to: URL(filePath: tasks))
      lab.ledger.hold()
      let environment = ["IGNAREO_COORDINATOR": lab.url(of: "c")]
      let (host, here) = (lab.network["s"], environment)
      let submit = try Program(["submit", tasks, "--output", output], on: host, environment: here)
      try await lab.wait("5 requests") { lab.ledger.total == 5 }
      let id = try #require(await lab.json("/batches", at: "c")?["batches"]?.elements?.first?["id"]?.string)
      let reader = try Program(["results", id, "--follow"], on: host, environment: here)
      lab.ledger.answerHeld()
      try await lab.wait("5 results") {
        reader.outputLines.count == 5 && (try? seqs(of: Results.lines(output))) == Array(1...5)
      }
      try lab.network.cut("s")
      // One of them dies while it hears nothing, the other waits.
      reader.send(SIGKILL)
      try await reader.exitStatus()
      lab.ledger.release()
      #expect(try await lab.end(of: "/batches/\(id)").isWhole(20))
      try lab.network.mend("s")
      #expect(try await submit.exitStatus() == 0, "\(submit.errors)")
      #expect(try seqs(of: Results.lines(output)) == Array(1...20))
      let rest = try Program(["results", id, "--after", "5"], on: host, environment: here)
      #expect(try await rest.exitStatus() == 0, "\(rest.errors)")
      #expect(seqs(of: reader.outputLines) + seqs(of: rest.outputLines) == Array(1...20))
      #expect(lab.ledger.total == 20)
    }
  }

  @Test("a task type whose only node is cut off waits and says so, and runs when the node is back")
  func taskType() async throws {
    let worker = #"special=sed -u 's/"args":.*/"value":1}/'"#
    try await Lab.run(nodes: ["n1": [], "n2": ["--worker", worker]]) { lab in
      try lab.network.cut("n2")
      try await lab.wait(at: "c", for: ["n2": "dead"])
      let path = try await lab.submit(lines(5, #"{"task":"special"}"#))
      try await lab.wait("it says that it waits") {
        let batch = await lab.json(path, at: "c")
        return batch?["waiting_for"]?.string == "task_type"
          && batch?["missing_task_types"]?.elements?.compactMap(\.string) == ["special"]
      }
      #expect(try await lab.end(of: try await lab.submit(lines(5, #"{"task":"echo"}"#))).nodes == ["n1"])
      try lab.network.mend("n2")
      let results = try await lab.end(of: path)
      #expect(results.isWhole(5) && results.areOK && results.nodes == ["n2"])
    }
  }

  private func seqs(of lines: [String]) -> [Int] { lines.compactMap { (try? JSONValue.parse($0))?["seq"]?.int } }
}

extension Results {
  fileprivate static func lines(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }
}
