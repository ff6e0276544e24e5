import Foundation
import JSON
import Testing

@Suite("A cluster of processes", .serialized, .timeLimit(.minutes(5))) struct BatchTests {
  @Test("one command brings a cluster up, a batch runs on it, and SIGTERM ends all of it with 0")
  func wholeLife() async throws {
    try await Cluster.run { cluster in
      #expect(cluster.ready["event"]?.string == "ready" && cluster.ready["role"]?.string == "up")
      #expect(cluster.ready["pid"]?.int == Int(cluster.up.pid))
      #expect(cluster.children.map(\.role) == ["coordinator", "node", "node", "node"])
      #expect(cluster.children.allSatisfy { Program.isRunning($0.pid) })

      let nodes = try await cluster.ask("nodes")
      #expect(nodes["cluster"]?["alive"]?.int == 3)
      #expect(
        Set(nodes["nodes"]?.elements?.compactMap { $0["name"]?.string } ?? []) == Set(cluster.children.map(\.name)))

      let file = try cluster.write("tasks.ndjson", lines(300, "{\"task\":\"echo\",\"args\":7}"))
      let (status, submit) = try await cluster.command([
        "submit", file, "--output", cluster.path("out.ndjson"), "--name", "echoes", "--summary-by", "value",
      ])
      #expect(status == 0, "\(submit.errors)")
      #expect(submit.output.contains("echoes") && submit.output.contains("value\n  7  300\n"))
      let results = try cluster.read("out.ndjson")
      #expect(results.compactMap { $0["seq"]?.int } == Array(1...300))
      #expect(results.compactMap { $0["index"]?.int }.sorted() == Array(0..<300))
      #expect(results.allSatisfy { $0["status"]?.string == "ok" && $0["value"]?.int == 7 })

      cluster.up.send(SIGTERM)
      #expect(try await cluster.up.exitStatus() == 0, "\(cluster.up.errors)")
      #expect(cluster.up.outputLines.count == 1, "the ready line is all that standard output holds")
      #expect(!cluster.children.contains { Program.isRunning($0.pid) })
    }
  }

  @Test("a node that is killed in mid-batch costs nothing: every index has exactly one result")
  func nodeKilled() async throws {
    try await Cluster.run { cluster in
      let task = "{\"task\":\"sleep\",\"args\":{\"seconds\":1.5}}"
      let file = try cluster.write("tasks.ndjson", lines(300, task))
      let submit = try cluster.start(["submit", file, "--output", cluster.path("out.ndjson"), "--json"])
      let victim = try #require(cluster.children.last)
      let isBusy = try await Program.wait {
        let nodes = try await cluster.ask("nodes")["nodes"]?.elements ?? []
        return nodes.contains { $0["name"]?.string == victim.name && ($0["running"]?.int ?? 0) > 0 }
      }
      #expect(isBusy, "the batch never reached \(victim.name)")
      kill(pid_t(victim.pid), SIGKILL)

      #expect(try await submit.exitStatus() == 0, "\(submit.errors)")
      let results = try cluster.read("out.ndjson")
      #expect(results.compactMap { $0["index"]?.int }.sorted() == Array(0..<300))
      #expect(results.allSatisfy { $0["status"]?.string == "ok" })
      let batch = try JSONValue.parse(submit.output)
      #expect(batch["state"]?.string == "done" && batch["ok"]?.int == 300 && batch["total"]?.int == 300)

      let isDead = try await Program.wait {
        let nodes = try await cluster.ask("nodes")["nodes"]?.elements ?? []
        return nodes.contains { $0["name"]?.string == victim.name && $0["state"]?.string == "dead" }
      }
      #expect(isDead, "\(victim.name) was killed and is not listed as dead")
      #expect(cluster.up.errors.contains("\(victim.name) (pid \(victim.pid)) was killed by signal 9"))
    }
  }

  @Test("Ctrl-C leaves the batch running, says how to follow and cancel it, and cancel cancels it")
  func interrupted() async throws {
    try await Cluster.run(nodes: 1) { cluster in
      let file = try cluster.write("tasks.ndjson", lines(20, "{\"task\":\"sleep\",\"args\":{\"seconds\":600}}"))
      let submit = try cluster.start(["submit", file])
      let isAccepted = try await Program.wait { submit.errors.contains("20 tasks") }
      #expect(isAccepted)
      submit.send(SIGINT)
      #expect(try await submit.exitStatus() == 130)
      let id = try #require(try await cluster.ask("batches")["batches"]?.elements?.first?["id"]?.string)
      #expect(submit.errors.contains("ignareo results \(id) --follow"))
      #expect(submit.errors.contains("ignareo cancel \(id)"))
      #expect(try await cluster.ask("batch", id)["state"]?.string == "running")

      let following = try cluster.start(["results", id, "--follow"])
      #expect(try await cluster.ask("cancel", id)["state"]?.string == "cancelled")
      #expect(try await following.exitStatus() == 1)
      #expect(following.outputLines.count == 20)
      #expect(try await cluster.ask("batch", id)["cancelled"]?.int == 20)
    }
  }

  @Test("a file may be NDJSON, a document or an array, from a file or a pipe, and a key makes it one batch")
  func forms() async throws {
    try await Cluster.run(nodes: 1) { cluster in
      for input in [
        "{\"task\":\"echo\"}\n{\"task\":\"echo\"}", "{\"tasks\":[{\"task\":\"echo\"},{\"task\":\"echo\"}]}",
        "[\n{\"task\":\"echo\"},\n{\"task\":\"echo\"}\n]",
      ] {
        let (status, program) = try await cluster.command(["submit", "-", "--json", "--name", "two"], input: input)
        let batch = try JSONValue.parse(program.output)
        #expect(status == 0 && batch["total"]?.int == 2 && batch["name"]?.string == "two", "\(program.errors)")
      }
      var ids: Set<String> = []
      for _ in 1...2 {
        let arguments = ["submit", "-", "--detach", "--idempotency-key", "k1"]
        let (status, program) = try await cluster.command(arguments, input: "{\"task\":\"echo\"}\n")
        #expect(status == 0 && program.outputLines.count == 1)
        ids.formUnion(program.outputLines)
      }
      #expect(ids.count == 1)
      let (status, results) = try await cluster.command(["results", ids.first ?? "", "--follow"])
      #expect(status == 0 && results.outputLines.count == 1)
    }
  }

  @Test("a failed task makes the exit status 1, and so does a bad one, which is named by its line")
  func failures() async throws {
    try await Cluster.run(nodes: 1) { cluster in
      let failing =
        "{\"task\":\"fail\",\"args\":{\"code\":\"assertion\",\"message\":\"as planned\"}}\n{\"task\":\"echo\"}\n"
      let (status, submit) = try await cluster.command(["submit", "-"], input: failing)
      #expect(status == 1 && submit.output.contains("as planned") && submit.output.contains("assertion"))

      let (refused, bad) = try await cluster.command(
        ["submit", "-"], input: lines(2, "{\"task\":\"echo\"}") + "{\"no\":1}\n")
      #expect(refused == 1 && bad.output.isEmpty && bad.errors.contains("line 3"))
      #expect(try await cluster.ask("batches")["batches"]?.elements?.count == 1, "nothing is kept of a bad submission")

      let (unknown, missing) = try await cluster.command(["batch", "0190a0b0-0000-7000-8000-000000000000"])
      #expect(unknown == 1 && !missing.errors.isEmpty)
    }
  }

  @Test("Ctrl-C drains what runs, and a second one ends all at once")
  func stoppedAtOnce() async throws {
    try await Cluster.run(nodes: 1) { cluster in
      let sleepers = lines(5, "{\"task\":\"sleep\",\"args\":{\"seconds\":600}}")
      let (status, submit) = try await cluster.command(["submit", "-", "--detach"], input: sleepers)
      #expect(status == 0, "\(submit.errors)")
      cluster.up.send(SIGINT)
      let drains = try await Program.wait { cluster.up.errors.contains("draining") }
      #expect(drains && Program.isRunning(Int(cluster.up.pid)))
      // Signals close together mean the same, so another one is sent until it is taken for a second wish.
      let hasEnded = try await Program.wait {
        cluster.up.send(SIGINT)
        return !Program.isRunning(Int(cluster.up.pid))
      }
      #expect(hasEnded)
      let code = try await cluster.up.exitStatus()
      #expect(code == 130)
      #expect(!cluster.children.contains { Program.isRunning($0.pid) })
    }
  }

  @Test("when `up` is killed, its members do not outlive it")
  func upKilled() async throws {
    try await Cluster.run(nodes: 2) { cluster in
      cluster.up.send(SIGKILL)
      let status = try await cluster.up.exitStatus()
      #expect(status == 128 + SIGKILL)
      let haveEnded = try await Program.wait { !cluster.children.contains { Program.isRunning($0.pid) } }
      #expect(haveEnded)
    }
  }
}
