import Gossip
import HTTP
import JSON
import Net
import Testing

@testable import Main

@Suite struct PoolCommandTests {
  private func scan(_ command: Command, _ arguments: [String]) throws(UsageError) -> ScannedFlags {
    try FlagScanner(command.flags).scan(arguments, environment: { _ in nil })
  }

  @Test(
    "a usage error is one line that names the flag or operand",
    arguments: [
      ([], "NAME: "), (["a/b"], "NAME: "), (["p", "frob"], "'frob': "), (["p", "close", "x"], "'x': "),
      (["p", "add"], "FILE: "), (["p", "add", "/dev/null", "x"], "'x': "), (["p", "--reuse", "2"], "flag --reuse: "),
      (["p", "add", "/dev/null", "--reuse", "0"], "flag --reuse: "), (["p", "add", "/nowhere/at/all"], "FILE: "),
      (["p", "add", "/dev/null", "--idempotency-key", "a b"], "flag --idempotency-key: "),
    ])
  func usage(_ arguments: [String], _ start: String) {
    let error = #expect(throws: UsageError.self) { try PoolPlan(try scan(.pool, arguments)) }
    #expect(error?.text.hasPrefix(start) == true, "\(error?.text ?? "")")
  }

  @Test("pools are shown as a table, and one with all that is said of it")
  func shown() throws {
    let pool = try JSONValue.parse(
      """
      {"name":"page","state":"open","reuse":2,"items":1200,"free":3,"leased":4,"used":0,"returned":1,"failed":0,
      "batches":["b1"],"created_at":"2026-01-01T00:00:00.000Z"}
      """)
    let text = PoolCommand.text(pool)
    for part in ["page", "open", "1,200", "tasks at a time", "taken by", "b1", "returned"] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(!text.contains("failed"))
    let table = PoolCommand.table(.object { $0.array("pools") { $0.value(pool) } })
    #expect(table.contains("NAME") && table.contains("1,200"))
    #expect(PoolCommand.table(try JSONValue.parse(#"{"pools":[]}"#)) == "no pools\n")
  }

  @Test("each word of the command asks for what it says")
  func asks() throws {
    let flags = try scan(.pool, ["p", "add", "/dev/null", "--reuse", "3", "--idempotency-key", "k"])
    let plans = [
      try PoolPlan(scan(.pool, ["p"])), try PoolPlan(scan(.pool, ["p", "close"])), try PoolPlan(flags),
      try PoolPlan(scan(.pool, ["p", "drop"])),
    ]
    let asked = Asked()
    try FakeCoordinator.serve { exchange, _ in
      let key = exchange.request.headers["Idempotency-Key"] ?? "-"
      asked.lines.append("\(exchange.request.method) \(exchange.request.target) \(key)")
      if exchange.request.methodIs("DELETE") { return exchange.respond(status: 204) }
      exchange.collectBody(upTo: 1_000) { _ in exchange.respond(text: #"{"name":"p"}"#) }
    } _: { client, _ in
      for plan in plans { _ = try await plan.run(client) }
    }
    #expect(
      asked.lines == [
        "GET /pools/p -", "POST /pools/p/close -", "POST /pools/p/items?reuse=3 k", "DELETE /pools/p -",
      ])
  }

  @Test("a batch that waits for items says in which pools")
  func waiting() throws {
    let batch = BatchStatus(try JSONValue.parse(#"{"id":"b","state":"running","missing_items":["page","account"]}"#))
    #expect(batch?.waitingFor == "items in page, account")
  }

  @Test("an open batch and what is added to it go where they belong; an open one may begin with nothing")
  func open() throws {
    #expect(UploadTarget.batches(isOpen: false).address(name: nil) == "/batches")
    #expect(UploadTarget.batches(isOpen: true).address(name: "a b") == "/batches?open=true&name=a%20b")
    #expect(UploadTarget.tasks(batch: "b1").address(name: nil) == "/batches/b1/tasks")
    let target = try FakeCoordinator.serve { exchange, _ in
      exchange.collectBody(upTo: 1_000) { _ in exchange.respond(text: #"{"id":"b"}"#) }
    } _: { client, fake in
      let input = try InputFile("/dev/null")
      _ = try await Upload(client, input, idempotencyKey: nil, to: .batches(isOpen: true)).send()
      return fake.targets
    }
    #expect(target == ["/batches?open=true"])
  }
}

/// Guarded by: the loop's thread.
private final class Asked: @unchecked Sendable {
  var lines: [String] = []
}
