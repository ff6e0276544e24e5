import Gossip
import JSON
import Testing

@testable import Main

@Suite struct BatchStatusTests {
  private func batch(_ json: String) throws -> BatchStatus? { BatchStatus(try JSONValue.parse(json)) }

  @Test("a batch is read with all that people are shown")
  func whole() throws {
    let batch = try #require(
      try batch(
        """
        {"id":"b1","name":"night","state":"running","total":10,"ok":3,"error":1,"cancelled":0,"unknown":1,"running":2,
        "queued":3,"retried":4,"hedged":6,"rate_per_s":12.5,"eta_s":0.4,
        "created_at":"2026-01-01T00:00:00.000Z","finished_at":null,
        "nodes":{"n1":4,"n2":1},"duration_ms":{"p50":1,"p90":2,"p99":3.5,"max":4},
        "waiting_for":"task_type","missing_task_types":["order"]}
        """))
    #expect(batch.done == 5 && batch.notOK == 2 && !batch.hasEnded)
    #expect(batch.nodes == [.init(node: "n1", tasks: 4), .init(node: "n2", tasks: 1)])
    #expect(batch.duration == .init(p50: 1, p90: 2, p99: 3.5, max: 4))
    #expect(batch.waitingFor == "a node with order")
    let text = BatchCommand.text(batch)
    for part in ["night", "running", "12.5/s", "p99 3.5 ms", "on n1", "retried", "hedged"] {
      #expect(text.contains(part))
    }
    #expect(!text.contains("cancelled"))
  }

  @Test("a batch that says little is read as far as it goes, and what is no batch is none")
  func little() throws {
    #expect(try batch("{\"id\":\"b\",\"state\":\"done\"}")?.total == 0)
    for json in ["{}", "[]", "7", "{\"id\":1,\"state\":\"done\"}", "{\"id\":\"b\"}"] { #expect(try batch(json) == nil) }
  }

  @Test("a cancelled batch has ended once its last task has")
  func cancelling() throws {
    #expect(try batch("{\"id\":\"b\",\"state\":\"cancelled\",\"running\":1}")?.hasEnded == false)
    #expect(try batch("{\"id\":\"b\",\"state\":\"cancelled\",\"cancelled\":1}")?.hasEnded == true)
  }

  @Test(
    "the exit status is 1 when a task failed or the batch was cancelled",
    arguments: [
      ("\"done\",\"total\":2,\"ok\":2", ExitCode.well), ("\"done\",\"total\":2,\"ok\":1,\"error\":1", .failed),
      ("\"done\",\"ok\":1,\"unknown\":1", .failed), ("\"cancelled\",\"ok\":2", .failed),
    ])
  func exitCode(_ rest: String, _ status: ExitCode) throws {
    #expect(try batch("{\"id\":\"b\",\"state\":\(rest)}")?.exitCode == status)
  }
}

@Suite struct AnswerTests {
  @Test("a refusal is told with the bad tasks that it lists")
  func refusal() throws {
    let problem = try JSONValue.parse(
      """
      {"type":"about:blank","title":"Bad tasks","status":400,"detail":"2 of 3 lines are no task","errors":[
      {"line":1,"detail":"no member \\"task\\""},{"pointer":"/tasks/2/timeout_s","detail":"not a number"},
      {"line":9,"pointer":"/args","detail":"too large"}]}
      """)
    #expect(
      Refusal(status: 400, problem: problem).text == """
        Bad tasks: 2 of 3 lines are no task
          line 1: no member "task"
          /tasks/2/timeout_s: not a number
          line 9, /args: too large
        """)
    #expect(Refusal(status: 507, problem: try JSONValue.parse("{}")).text == "the coordinator answered 507")
  }

  @Test("nodes are a table, with what holds besides their state")
  func nodes() throws {
    let answer = try JSONValue.parse(
      """
      {"cluster":{},"nodes":[
      {"name":"n1","role":"node","state":"alive","http":"127.0.0.1:1","gossip":"127.0.0.1:2","capacity":10000,
      "running":12,"queued":3,"done":51233,"rate_per_s":3110.5,"since":"2026-01-01T00:00:00.000Z","slow":true,
      "rtt_ms":0.4321,"version":"0.1.0"},
      {"name":"c","role":"coordinator","state":"suspect","suspected_by":["n1","n2"],"http":"127.0.0.1:3",
      "problem":"its name is taken"}]}
      """)
    func rows(_ width: Int) -> [String] {
      NodesCommand.table(answer, width: width).split(separator: "\n").map {
        $0.split(separator: " ").joined(separator: " ")
      }
    }
    #expect(
      rows(80) == [
        "NAME ROLE STATE HTTP GOSSIP CAPACITY RUNNING QUEUED DONE RATE SINCE",
        "n1 node alive, slow 127.0.0.1:1 127.0.0.1:2 10,000 12 3 51,233 3,111/s 2026-01-01T00:00:00.000Z",
        "c coordinator suspect, by n1 n2 127.0.0.1:3 - - - - - - -",
      ])
    // What does not fit goes, the last column first.
    #expect(rows(.max)[0].hasSuffix("SINCE RTT MS LAG MS VERSION") && rows(.max)[1].hasSuffix("Z 0.4 - 0.1.0"))
    let whole = NodesCommand.table(answer).split(separator: "\n").map(\.count).max() ?? 0
    #expect(rows(whole - 1)[0].hasSuffix("SINCE RTT MS LAG MS"))
    #expect(NodesCommand.problems(answer) == ["ignareo nodes: c: its name is taken"])
  }

  @Test("the members asked for are a query of the member's own API")
  func nodesQuery() throws {
    func query(_ arguments: [String]) throws -> String {
      NodesCommand.query(try FlagScanner(Command.nodes.flags).scan(arguments, environment: { _ in nil }))
    }
    #expect(try query([]) == "")
    #expect(
      try query(["--state", "dead,left", "--tag", "zone=a,b", "--role", "node"])
        == "?state=dead&state=left&role=node&tag=zone%3Da%2Cb")
  }

  @Test("draining goes to the member by its name, whatever characters that has")
  func drain() throws {
    let (targets, answer) = try FakeCoordinator.serve { exchange, _ in
      exchange.respond(text: #"{"name":"a b","status":"draining"}"#, status: 202)
    } _: { client, fake in
      let answer = try await DrainCommand.ask("a b/ü", client)
      return (fake.targets, answer.text)
    }
    #expect(targets == ["/nodes/a%20b%2F%C3%BC/drain"] && answer.contains("draining"))
  }

  @Test("after a change of keys it is said who did not follow, and that there was nothing to remove")
  func keysRemark() throws {
    let key = GossipKey.generate().fingerprint
    let before = try JSONValue.parse(#"{"keys":[{"fingerprint":"0123456789abcdef"}]}"#)
    let after = try JSONValue.parse(#"{"ok":true,"members":[{"name":"a","outcome":"done"}]}"#)
    #expect(KeysCommand.remark(.use(key), before, after) == nil)
    #expect(KeysCommand.remark(.remove(key), before, after)?.contains("nothing to remove") == true)
    let failed = try JSONValue.parse(#"{"ok":false,"members":[{"name":"a","outcome":"failed"}]}"#)
    let remark = KeysCommand.remark(.use(key), before, failed)
    #expect(remark?.hasPrefix("a did not follow") == true && remark?.contains("repeat the command") == true)
  }

  @Test("task types are listed with their arguments, those that may be left out in brackets")
  func taskTypes() throws {
    let answer = try JSONValue.parse(
      """
      {"task_types":[{"name":"http","summary":"one request","arguments":{"type":"object","required":["url"],
      "properties":{"url":{},"method":{}}}},{"name":"echo","summary":"gives it back"}]}
      """)
    let table = TasksCommand.table(answer)
    #expect(table.contains("http  one request    url [method]\n"))
    #expect(table.contains("echo  gives it back  any\n"))
  }

  @Test("a result is a row, an error with its code and message")
  func resultRow() {
    func row(_ json: String) -> String { ResultRow.text(Array(json.utf8)[...]) }
    #expect(
      row("{\"seq\":1,\"index\":7,\"status\":\"ok\",\"value\":{\"a\":1},\"node\":\"n2\",\"duration_ms\":18.4}")
        == "       1         7  ok         n2              18.4 ms  {\"a\":1}")
    #expect(
      row("{\"seq\":2,\"index\":8,\"status\":\"error\",\"error\":{\"code\":\"timeout\",\"message\":\"30 s\"}}")
        .hasSuffix("timeout: 30 s"))
    #expect(row("no json") == "no json")
  }

  @Test("a ready line is read, and any other line is none")
  func readyLine() {
    let line = #"{"event":"ready","role":"node","name":"n","http":"127.0.0.1:1","gossip":"127.0.0.1:2","pid":3}"#
    let member = ReadyMember(Array(line.utf8)[...])
    #expect(member?.name == "n" && member?.http == "127.0.0.1:1" && member?.gossip == "127.0.0.1:2" && member?.pid == 3)
    for other in ["", "ready", "{\"event\":\"stopped\"}", String(line.dropLast(10))] {
      #expect(ReadyMember(Array(other.utf8)[...]) == nil)
    }
  }
}
