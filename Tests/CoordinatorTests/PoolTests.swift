import Batch
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

/// Items from several sources that wait in pools, and batches whose tasks are made of them.
@Suite(.timeLimit(.minutes(2))) struct PoolTests {
  static let ndjson = "application/x-ndjson"

  static func bring(
    _ coordinator: TestCoordinator, _ pool: String, _ items: some Sequence<String>, query: String = "",
    headers: HTTPHeaders = [:]
  ) async throws {
    let answer = try await coordinator.send(
      "POST", "/pools/\(pool)/items\(query)", body: items.joined(separator: "\n"), type: ndjson, headers: headers)
    #expect(answer.status == 202, "\(answer.text)")
  }

  /// A batch that makes `echo` tasks.
  static func take(
    _ coordinator: TestCoordinator, _ pools: [String], args: String, more: String = ""
  ) async throws -> String {
    let body = #"{"template":{"task":"echo","args":\#(args)\#(more)},"take":\#(pools)}"#
    let answer = try await coordinator.send("POST", "/batches", body: body)
    #expect(answer.status == 202, "\(answer.text)")
    return try #require(answer.headers["Location"])
  }

  static func pool(_ coordinator: TestCoordinator, _ name: String) async throws -> JSONValue {
    try await coordinator.get("/pools/\(name)").json
  }

  static func values(_ coordinator: TestCoordinator, _ path: String) async throws -> [JSONValue] {
    try await coordinator.get("\(path)/results").lines.compactMap { $0["value"] }
  }

  @Test("a task is made when every pool has an item, each item is used once, and the batch ends with a closed pool")
  func life() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let path = try await Self.take(
        coordinator, ["page", "account"],
        args: #"{"url":"http://x/{{page}}?u={{account.user}}","page":"{{page}}","whole":"{{account}}"}"#)
      let waiting = try await coordinator.get(path).json
      #expect(waiting["take"]?.text == #"["page","account"]"# && waiting["missing_items"]?.elements?.count == 2)
      try await Self.bring(coordinator, "page", ["1", #""a\"b""#, "[3]"])
      #expect(try await Self.pool(coordinator, "page")["free"]?.int == 3, "an account is missing")
      try await Self.bring(coordinator, "account", [#"{"user":"u1"}"#, #"{ "user" : "ü" }"#])
      let two = try await coordinator.wait(for: path) { $0["ok"]?.int == 2 }
      #expect(two["state"]?.string == "running" && two["missing_items"]?.text == #"["account"]"#, "\(two)")
      var values: [String] = []
      while values.count < 2 { values = try await Self.values(coordinator, path).map(\.text).sorted() }
      #expect(
        values == [
          #"{"url":"http://x/1?u=u1","page":1,"whole":{"user":"u1"}}"#,
          #"{"url":"http://x/a\"b?u=ü","page":"a\"b","whole":{ "user" : "ü" }}"#,
        ])
      let page = try await coordinator.wait(for: "/pools/page") { $0["leased"]?.int == 0 }
      #expect(page["items"]?.int == 3 && page["free"]?.int == 1 && page["used"]?.int == 2, "\(page)")
      #expect(page["batches"]?.elements?.count == 1)
      #expect(try await coordinator.send("POST", "/pools/account/close").status == 200)
      let done = try await coordinator.done(path)
      #expect(done["state"]?.string == "done" && done["total"]?.int == 2 && done["open"]?.bool == false, "\(done)")
      #expect(try await Self.pool(coordinator, "page")["batches"]?.elements?.isEmpty == true)
    }
  }

  @Test("a large pool is worked off whole, each item once, while no more is made than nodes need")
  func large() async throws {
    try await TestCoordinator.run { coordinator in
      try await Self.bring(coordinator, "n", (0..<25_000).map(String.init))
      let path = try await Self.take(coordinator, ["n"], args: #""{{n}}""#)
      let window = CoordinatorLimits.pooledTasksWaiting
      let held = try await coordinator.wait(for: path) { $0["queued"]?.int == window }
      #expect(held["total"]?.int == window)
      let state = try await Self.pool(coordinator, "n")
      #expect(state["free"]?.int == 25_000 - window && state["leased"]?.int == window, "\(state)")
      try coordinator.node("n1", capacity: 1_000)
      #expect(try await coordinator.send("POST", "/pools/n/close").status == 200)
      #expect(try await coordinator.done(path)["ok"]?.int == 25_000)
      let values = try await Self.values(coordinator, path).compactMap(\.int)
      let count = try await coordinator.get("\(path)/results").lines.count
      #expect(count == 25_000)
      #expect(values.count == 25_000)
      let same = Set(values) == Set(0..<25_000)
      #expect(same)
    }
  }

  @Test("items that are lent are held by so many tasks at a time, and put back whatever becomes of them")
  func lent() async throws {
    try await TestCoordinator.run { coordinator in
      let shards = Shards()
      try coordinator.node("n1") { shards.list.append($0) }
      try await Self.bring(coordinator, "account", [#""a""#, #""b""#], query: "?reuse=2")
      try await Self.bring(coordinator, "page", (0..<10).map(String.init))
      let path = try await Self.take(coordinator, ["page", "account"], args: #"["{{page}}","{{account}}"]"#)
      _ = try await coordinator.send("POST", "/pools/page/close")
      var done: [String] = []
      while done.count < 10 {
        try await coordinator.until { shards.tasks.count == min(4, 10 - done.count) }
        let tasks = shards.tasks
        let accounts = tasks.compactMap { $0["args"]?.elements?.last?.string }
        #expect(accounts.count { $0 == "a" } <= 2 && accounts.count { $0 == "b" } <= 2)
        let lent = try await Self.pool(coordinator, "account")
        #expect(lent["leased"]?.int == tasks.count && lent["items"]?.int == 2 && lent["used"]?.int == 0, "\(lent)")
        for shard in shards.take() {
          for task in shard.tasks {
            done.append(task["args"]?.text ?? "")
            shard.fail(task, #"{"code":"assertion","message":"no","effect":true}"#)
          }
          shard.end()
        }
      }
      #expect(try await coordinator.done(path)["error"]?.int == 10)
      #expect(Set(done).count == 10)
      let account = try await Self.pool(coordinator, "account")
      #expect(account["free"]?.int == 2 && account["leased"]?.int == 0 && account["reuse"]?.int == 2, "\(account)")
    }
  }

  @Test("an item whose task surely had no effect goes back, three times at most; one that may have acted is used up")
  func returned() async throws {
    try await TestCoordinator.run { coordinator in
      coordinator.service.pools.itemRest = .milliseconds(1)
      let tries = Tries()
      try coordinator.node("n1") { shard in
        for task in shard.tasks {
          let name = task["args"]?.string ?? ""
          tries.counts[name, default: 0] += 1
          switch name {
          case "down": shard.fail(task, #"{"code":"connect","message":"refused","effect":false}"#)
          case "late" where tries.counts[name] == 1:
            shard.fail(task, #"{"code":"dns","message":"no such host","effect":false}"#)
          case "acted": shard.fail(task, #"{"code":"connect","message":"refused","effect":true}"#)
          case "wrong": shard.fail(task, #"{"code":"bad_arguments","message":"no","effect":false}"#)
          default: shard.complete(task)
          }
        }
        shard.end()
      }
      try await Self.bring(coordinator, "p", ["down", "late", "acted", "wrong", "good"].map { "\"\($0)\"" })
      _ = try await coordinator.send("POST", "/pools/p/close")
      let path = try await Self.take(coordinator, ["p"], args: #""{{p}}""#)
      let done = try await coordinator.done(path)
      #expect(tries.counts == ["down": 3, "late": 2, "acted": 1, "wrong": 1, "good": 1])
      #expect(done["ok"]?.int == 2 && done["error"]?.int == 6, "\(done)")
      let pool = try await Self.pool(coordinator, "p")
      #expect(pool["used"]?.int == 4 && pool["failed"]?.int == 1 && pool["returned"]?.int == 3, "\(pool)")
      #expect(pool["free"]?.int == 0 && pool["leased"]?.int == 0)
    }
  }

  @Test("an item that failed without effect rests before it goes back, and does so at once when its batch is cancelled")
  func rests() async throws {
    try await TestCoordinator.run { coordinator in
      coordinator.service.pools.itemRest = .seconds(3_600)
      try coordinator.node("n1") { shard in
        for task in shard.tasks { shard.fail(task, #"{"code":"connect","message":"refused","effect":false}"#) }
        shard.end()
      }
      try await Self.bring(coordinator, "p", ["1", "2"])
      let path = try await Self.take(coordinator, ["p"], args: #""{{p}}""#)
      _ = try await coordinator.wait(for: path) { $0["error"]?.int == 2 }
      let before = try await Self.pool(coordinator, "p")
      #expect(before["free"]?.int == 0 && before["leased"]?.int == 2, "\(before)")
      _ = try await coordinator.send("DELETE", path)
      let after = try await coordinator.wait(for: "/pools/p") { $0["free"]?.int == 2 }
      #expect(after["leased"]?.int == 0 && after["used"]?.int == 0, "\(after)")
    }
  }

  @Test("a cancelled batch gives back what was never sent, and another one takes it")
  func cancelled() async throws {
    try await TestCoordinator.run { coordinator in
      try await Self.bring(coordinator, "p", (0..<50).map(String.init))
      let path = try await Self.take(coordinator, ["p"], args: #""{{p}}""#)
      _ = try await coordinator.wait(for: path) { $0["queued"]?.int == 50 }
      #expect(try await coordinator.send("DELETE", "/pools/p").status == 409)
      _ = try await coordinator.send("DELETE", path)
      #expect(try await coordinator.done(path)["cancelled"]?.int == 50)
      let back = try await Self.pool(coordinator, "p")
      #expect(back["free"]?.int == 50 && back["leased"]?.int == 0 && back["used"]?.int == 0, "\(back)")
      try coordinator.node("n1")
      let next = try await Self.take(coordinator, ["p"], args: #""{{p}}""#)
      _ = try await coordinator.send("POST", "/pools/p/close")
      #expect(try await coordinator.done(next)["ok"]?.int == 50)
      #expect(try await coordinator.send("DELETE", "/pools/p").status == 204)
      #expect(try await coordinator.get("/pools/p").status == 404)
    }
  }

  @Test("batches that take from one pool take turns")
  func turns() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      var paths: [String] = []
      for _ in 0..<3 { paths.append(try await Self.take(coordinator, ["p"], args: #""{{p}}""#)) }
      for number in 0..<9 { try await Self.bring(coordinator, "p", [String(number)]) }
      try await Self.bring(coordinator, "p", (9..<99).map(String.init))
      _ = try await coordinator.send("POST", "/pools/p/close")
      var all: [Int] = []
      for path in paths {
        #expect(try await coordinator.done(path)["ok"]?.int == 33)
        all += try await Self.values(coordinator, path).compactMap(\.int)
      }
      #expect(all.sorted() == Array(0..<99))
    }
  }

  @Test("an item that lacks what the template takes gives its task one result that says so, and is used up")
  func lacking() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      try await Self.bring(coordinator, "a", [#"{"user":"u"}"#, "7", #"{"user":"v"}"#])
      let path = try await Self.take(coordinator, ["a"], args: #""{{a.user}}""#, more: #","id":"{{a.user}}""#)
      _ = try await coordinator.send("POST", "/pools/a/close")
      let done = try await coordinator.done(path)
      #expect(done["ok"]?.int == 2 && done["error"]?.int == 1 && done["total"]?.int == 3, "\(done)")
      let lines = try await coordinator.get("\(path)/results?order=index").lines
      #expect(lines.map { $0["id"]?.string } == ["u", nil, "v"], "\(lines)")
      #expect(lines[1]["error"]?["code"]?.string == "bad_arguments" && lines[1]["attempts"]?.int == 0)
      let message = lines[1]["error"]?["message"]?.string ?? ""
      #expect(message.contains("{{a.user}}") && message.contains("item 1 of pool a"), "\(message)")
      #expect(try await Self.pool(coordinator, "a")["used"]?.int == 3)
    }
  }

  @Test("what the template or the pools of a batch cannot be is refused with its place, and no pool is made")
  func badBatches() async throws {
    try await TestCoordinator.run { coordinator in
      func expectRefusal(_ body: String, _ pointer: String?, status: Int = 400) async throws {
        let answer = try await coordinator.send("POST", "/batches", body: body)
        #expect(answer.status == status, "\(body) \(answer.text)")
        #expect(try answer.json["pointer"]?.string == pointer, "\(body) \(answer.text)")
      }
      let template = #""template":{"task":"echo","args":["{{a}}"]}"#
      try await expectRefusal("{\(template)}", "/take")
      try await expectRefusal(#"{"take":["a"]}"#, "/template")
      try await expectRefusal(#"{\#(template),"take":[]}"#, "/take")
      try await expectRefusal(#"{\#(template),"take":"a"}"#, "/take")
      try await expectRefusal(#"{\#(template),"take":["a","a"]}"#, "/take/1")
      try await expectRefusal(#"{\#(template),"take":["a","b c"]}"#, "/take/1")
      try await expectRefusal(#"{\#(template),"take":["b"]}"#, "/template/args/0")
      try await expectRefusal(#"{\#(template),"take":["a"],"tasks":[]}"#, "/tasks")
      try await expectRefusal(#"{\#(template),"take":["a"],"open":true}"#, "/open")
      try await expectRefusal(#"{"template":7,"take":["a"]}"#, "/template")
      try await expectRefusal(#"{"template":{"args":1},"take":["a"]}"#, "/template/task")
      try await expectRefusal(#"{"template":{"task":"{{a}}"},"take":["a"]}"#, "/template/task")
      try await expectRefusal(#"{"template":{"task":"echo","x":"{{a}}"},"take":["a"]}"#, "/template/x")
      try await expectRefusal(#"{"template":{"task":"echo","priority":1e9},"take":["a"]}"#, "/template/priority")
      try await expectRefusal(#"{"template":{"task":"echo","args":"{{a"},"take":["a"]}"#, "/template/args")
      #expect(try await coordinator.get("/pools").text == #"{"pools":[]}"#)
      try await Self.bring(coordinator, "a", ["1"], query: "?reuse=1")
      try await expectRefusal(#"{\#(template),"take":["a"]}"#, "/take")
      let path = try await Self.take(coordinator, ["b"], args: #""{{b}}""#)
      let endless = try await coordinator.send("POST", "/pools/b/items?reuse=2", body: "1", type: Self.ndjson)
      #expect(endless.status == 409 && endless.text.contains(path.dropFirst(9)), "\(endless.text)")
      let added = try await coordinator.send("POST", "\(path)/tasks", body: #"[{"task":"echo"}]"#)
      #expect(added.status == 409 && added.text.contains("/pools/"), "\(added.text)")
    }
  }

  @Test("items that are none are refused with their lines, and nothing of the call is kept")
  func badItems() async throws {
    try await TestCoordinator.run { coordinator in
      func refusal(
        _ body: String, query: String = "", type: String = PoolTests.ndjson, name: String = "p", status: Int = 400
      ) async throws -> JSONValue {
        let answer = try await coordinator.send("POST", "/pools/\(name)/items\(query)", body: body, type: type)
        #expect(answer.status == status, "\(body.prefix(80)) \(answer.text)")
        return try answer.json
      }
      let lines = try await refusal((0..<30).map { $0 % 2 == 0 ? "1" : "{" }.joined(separator: "\n"))
      #expect(lines["line"]?.int == 2 && lines["errors"]?.elements?.count == 10, "\(lines)")
      _ = try await refusal("")
      _ = try await refusal("[]", type: "application/json")
      _ = try await refusal(#"{"a":1}"#, type: "application/json")
      _ = try await refusal("[1,", type: "application/json")
      _ = try await refusal("1", type: "text/plain", status: 415)
      _ = try await refusal("1", query: "?reuse=0")
      _ = try await refusal("1", query: "?reuse=x")
      _ = try await refusal("1", query: "?name=x")
      _ = try await refusal("1", name: "1p")
      _ = try await refusal("1", name: "p%20q")
      _ = try await refusal("1", name: String(repeating: "p", count: 65))
      let large = "\"" + String(repeating: "x", count: 1 << 20) + "\""
      #expect(try await refusal("1\n" + large, status: 413)["line"]?.int == 2)
      _ = try await refusal("[\(large)]", type: "application/json", status: 413)
      #expect(try await coordinator.get("/pools/p").status == 404)
      #expect(try await coordinator.get("/pools/1p").status == 400)
      #expect(try await coordinator.send("DELETE", "/pools/p").status == 404)
      #expect(try await coordinator.send("POST", "/pools/p/close").status == 404)
      #expect(try await coordinator.get("/pools/p/items").headers["Allow"] == "POST")
      try await Self.bring(coordinator, "p", ["1"])
      _ = try await refusal("1", query: "?reuse=2", status: 409)
      _ = try await coordinator.send("POST", "/pools/p/close")
      #expect(try await coordinator.send("POST", "/pools/p/close").status == 200, "closing is idempotent")
      _ = try await refusal("1", status: 409)
    }
  }

  @Test("the same key and body bring items once, another body is refused; an array and gzip are taken as well")
  func keys() async throws {
    try await TestCoordinator.run { coordinator in
      let key: HTTPHeaders = ["Idempotency-Key": "k"]
      try await Self.bring(coordinator, "p", ["1", "2"], headers: key)
      let again = try await coordinator.send(
        "POST", "/pools/p/items", body: "1\n2", type: Self.ndjson, headers: key)
      #expect(again.status == 200)
      #expect(try again.json["items"]?.int == 2)
      let other = try await coordinator.send("POST", "/pools/p/items", body: "3", type: Self.ndjson, headers: key)
      #expect(other.status == 422)
      #expect(try await coordinator.send("POST", "/pools/p/items", body: "[3,4]").status == 202)
      let zipped = try await coordinator.send(
        "POST", "/pools/p/items", bytes: GzipWriter.stored("5\n6\n"), type: Self.ndjson,
        headers: ["Content-Encoding": "gzip"])
      #expect(zipped.status == 202, "\(zipped.text)")
      #expect(try await Self.pool(coordinator, "p")["items"]?.int == 6)
    }
  }

  @Test("pools are listed by name, page by page")
  func list() async throws {
    try await TestCoordinator.run { coordinator in
      for name in ["c", "a", "b"] { try await Self.bring(coordinator, name, ["1"]) }
      let first = try await coordinator.get("/pools?limit=2").json
      #expect(
        first["pools"]?.elements?.compactMap { $0["name"]?.string } == ["a", "b"] && first["next"]?.string == "b")
      let rest = try await coordinator.get("/pools?limit=2&after=b").json
      #expect(rest["pools"]?.elements?.compactMap { $0["name"]?.string } == ["c"] && rest["next"] == nil)
      #expect(try await coordinator.get("/pools?limit=0").status == 400)
    }
  }

  @Test("a flow's own names are left to it, and what is filled in is text for it")
  func flow() async throws {
    try await TestCoordinator.run { coordinator in
      let node = try coordinator.node("n1", types: ["flow"])
      let body = #"""
        {"template":{"task":"flow","args":{"vars":{"t":"\\{{x}}"},"steps":[{"get":"{{page}}/{{ token }}?{{t}}"}],
        "all":"{{page}}","own":"{{token}}"}},"take":["page"]}
        """#
      let answer = try await coordinator.send("POST", "/batches", body: body)
      #expect(answer.status == 202, "\(answer.text)")
      try await Self.bring(coordinator, "page", [#""http://x/{{y}}""#])
      _ = try await coordinator.send("POST", "/pools/page/close")
      _ = try await coordinator.done(try #require(answer.headers["Location"]))
      let args = node.shards.first?.tasks.first?["args"]
      #expect(args?["vars"]?["t"]?.string == #"\{{x}}"#)
      #expect(args?["steps"]?.elements?.first?["get"]?.string == #"http://x/\{{y}}/{{token}}?{{t}}"#)
      #expect(args?["all"]?.string == #"http://x/\{{y}}"# && args?["own"]?.string == "{{token}}")
    }
  }

  @Test("a drain leaves what is in the pools where it is")
  func draining() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let path = try await Self.take(coordinator, ["p"], args: #""{{p}}""#)
      await coordinator.service.drain()
      let refused = try await coordinator.send("POST", "/pools/p/items", body: "1", type: Self.ndjson)
      #expect(refused.status == 503 && refused.headers["Retry-After"] != nil)
      #expect(try await coordinator.get(path).json["total"]?.int == 0)
    }
  }
}

/// Guarded by: the loop's thread.
private final class Tries: @unchecked Sendable {
  var counts: [String: Int] = [:]
}

/// Shards that a node holds until a test ends them. Guarded by: the loop's thread.
private final class Shards: @unchecked Sendable {
  var list: [FakeShard] = []
  var tasks: [JSONValue] { list.flatMap(\.tasks) }

  func take() -> [FakeShard] {
    defer { list = [] }
    return list
  }
}
