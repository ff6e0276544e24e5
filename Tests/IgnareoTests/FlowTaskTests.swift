import Clockwork
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// A shop as a flow meets it: a login that gives a cookie and a token, an item that is on sale after some looks at it,
/// and orders that want the cookie and its token.
private final class Shop: @unchecked Sendable {
  // Guarded by: the thread of the node's first loop.
  private(set) var site: Website!
  private(set) var orders: [String] = []
  private var looks: [String: Int] = [:]
  private var sessions = 0

  init(_ loop: EventLoop, looksUntilSale: Int = 3) throws {
    site = try Website(loop) { [unowned self] _, exchange in
      let session = exchange.request.headers["Cookie"]?.split(separator: "=").last.map(String.init) ?? ""
      switch exchange.request.path {
      case "/login":
        sessions += 1
        exchange.respond(
          status: 200, headers: ["Set-Cookie": "session=s\(sessions); Path=/"],
          body: Array(#"<form><input name="token" value="t-s\#(sessions)"></form>"#.utf8))
      case "/items/42":
        looks[session, default: 0] += 1
        let isAvailable = session != "" && looks[session]! > looksUntilSale
        exchange.respond(json: Array(#"{"available":\#(isAvailable),"sku":"sku of \#(session)"}"#.utf8))
      case "/order":
        exchange.collectBody(upTo: 1000) { [unowned self] body in
          let text = String(decoding: (try? body.get()) ?? [], as: UTF8.self)
          guard text == "token=t-\(session)&sku=sku+of+\(session)" else { return exchange.respond(status: 403) }
          orders.append(session)
          exchange.respond(status: 201, body: Array(#"{"id":"order of \#(session)"}"#.utf8))
        }
      default: exchange.respond(status: 404)
      }
    }
  }

  /// The example of the contract, with this shop as its base.
  func flow(every seconds: Double = 0.01) -> String {
    #"""
    {"vars":{"base":"http://\#(site.authority)"},
     "steps":[
      {"get":"{{base}}/login","as":"login"},
      {"extract":{"token":{"from":"login.body","regex":"name=\"token\" value=\"([^\"]+)\""}}},
      {"poll":{"get":"{{base}}/items/42","as":"item"},
       "until":{"from":"item.json","pointer":"/available","equals":true},"every_s":\#(seconds),"for_s":600},
      {"post":"{{base}}/order","form":{"token":"{{token}}","sku":"{{item.json/sku}}"},"as":"order"},
      {"assert":{"from":"order.status","equals":201},"message":"the order was refused"}],
     "return":{"order":"{{order.json/id}}"}}
    """#
  }
}

/// Runs one flow on a node and gives its task object.
private func run(_ node: NodeBench, _ args: String, extra: String = "") async throws -> JSONValue {
  let answer = try await node.ask("POST", "/tasks?wait=30", #"{"task":"flow","args":\#(args)\#(extra)}"#)
  #expect(answer.status == 200, "\(answer.json)")
  return try #require(answer.json.at(pointer: "/tasks/0"))
}

@Suite("The flow task")
struct FlowTaskTests {
  @Test("the contract's example logs in, waits for the item, and orders it with its cookie and token")
  func example() async throws {
    try await withNode { node async throws in
      let shop = try Shop(node.loop)
      defer { shop.site.close() }
      let task = try await run(node, shop.flow())
      #expect(task["value"]?.text == #"{"order":"order of s1"}"#, "\(task)")
      #expect(shop.orders == ["s1"])
      #expect(shop.site.requests.filter { $0 == "GET /items/42" }.count == 4)
    }
  }

  @Test("a hundred flows at once on two loops keep their cookies apart")
  func many() async throws {
    try await withNode(loops: 2, capacity: 100) { node async throws in
      let shop = try Shop(node.loop)
      defer { shop.site.close() }
      let task = #"{"task":"flow","args":\#(shop.flow().filter { $0 != "\n" })}"# + "\n"
      let answer = try await node.ask(
        "POST", "/tasks?wait=60", String(repeating: task, count: 100), type: "application/x-ndjson")
      let orders = answer.json["tasks"]?.elements?.compactMap { $0.at(pointer: "/value/order")?.string } ?? []
      #expect(Set(orders) == Set((1...100).map { "order of s\($0)" }))
      #expect(Set(shop.orders).count == 100)
    }
  }

  @Test("what is wrong with a flow is told with the step's pointer, before anything is sent")
  func refused() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, exchange in exchange.respond(status: 200) }
      defer { site.close() }
      let cases = [
        (#"{"got":"http://h/"}"#, "/args/steps/1", "/args/steps/1 has no known verb"),
        (#"{"get":"{{bse}}/"}"#, "/args/steps/1", "/args/steps/1/get names 'bse'"),
        (#"{"post":"http://h/","form":{"a":{}}}"#, "/args/steps/1", "/args/steps/1/form/a must be a text"),
        (#"{"post":"http://h/","form":{},"json":1}"#, "/args/steps/1", "/args/steps/1/json and /form exclude"),
        (#"{"get":"http://h/","expect_status":"ok"}"#, "/args/steps/1", "/args/steps/1/expect_status must be"),
        (
          #"{"poll":{"get":"http:/h"},"until":{"from":"p.status","equals":1}}"#, "/args/steps/1",
          "/args/steps/1/poll/get must"
        ),
      ]
      for (step, pointer, message) in cases {
        let args = #"{"steps":[{"get":"\#(site.url())","as":"p"},\#(step)]}"#
        let answer = try await node.ask("POST", "/tasks", #"{"task":"flow","args":\#(args)}"#)
        #expect(answer.status == 400)
        #expect("\(answer.json)".contains(#""pointer":"\#(pointer)"#), "\(answer.json)")
        #expect("\(answer.json)".contains(message), "\(answer.json)")
      }
      #expect(site.requests.isEmpty)
    }
  }

  @Test("a failed request ends the flow with its code, at its step")
  func failures() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, exchange in
        switch exchange.request.path {
        case "/missing": exchange.respond(status: 404)
        case "/never": break
        default: exchange.respond(json: Array(#"{"bad":"a\nb"}"#.utf8))
        }
      }
      defer { site.close() }
      let cases = [
        (#"{"get":"\#(site.url("/missing"))"}"#, "http_status", "/args/steps/1 (get): \(site.authority) answered 404"),
        (#"{"get":"\#(site.url("/never"))","timeout_s":0.05}"#, "timeout", "/args/steps/1 (get): "),
        (#"{"get":"http://no-such-host.invalid/"}"#, "dns", "/args/steps/1 (get): "),
        (
          #"{"assert":{"from":"p.status","equals":201},"message":"not made"}"#, "assertion",
          "/args/steps/1 (assert): not made"
        ),
        (
          #"{"get":"\#(site.url())","headers":{"x":"{{p.json/bad}}"}}"#, "bad_arguments",
          "/args/steps/1/headers/x holds"
        ),
        (#"{"get":"\#(site.url())","max_body_bytes":3}"#, "too_large", "/args/steps/1 (get): "),
        (
          #"{"poll":{"get":"\#(site.url("/never"))","as":"i"},"until":{"from":"i.status","equals":1},"for_s":0.1}"#,
          "timeout", "/args/steps/1 (poll): "
        ),
      ]
      for (step, code, message) in cases {
        let task = try await run(node, #"{"steps":[{"get":"\#(site.url())","as":"p"},\#(step)]}"#)
        #expect(task["error"]?["code"]?.string == code, "\(task)")
        #expect(task["error"]?["message"]?.string?.hasPrefix(message) == true, "\(task)")
        #expect(task["error"]?["pointer"]?.string == "/args/steps/1")
      }
    }
  }

  @Test(
    "a server that breaks off when it has the request has lost it: the flow says so, and that it may be tried again")
  func lost() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { site, exchange in
        if exchange.request.path == "/gone" { site.close() } else { exchange.respond(status: 200) }
      }
      defer { site.close() }
      let steps = #"{"get":"\#(site.url())"},{"post":"\#(site.url("/gone"))"}"#
      let task = try await run(node, #"{"steps":[\#(steps)]}"#, extra: #","attempts":2"#)
      #expect(task["error"]?["code"]?.string == "lost", "\(task)")
      #expect(task["error"]?["retryable"]?.bool == true)
      #expect(task["error"]?["message"]?.string?.hasPrefix("/args/steps/1 (post): \(site.authority)") == true)
      // The order may have been heeded: it is not placed a second time.
      #expect(task["attempts"]?.int == 1)
    }
  }

  @Test("a flow that failed before it did anything may run again, though it is not repeatable; after that it may not")
  func attempts() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { site, exchange in
        exchange.respond(status: site.requests.count % 2 == 1 ? 503 : 200)
      }
      defer { site.close() }
      let (get, post) = (#"{"get":"\#(site.url())"}"#, #"{"post":"\#(site.url())","expect_status":"<600"}"#)
      let before = try await run(node, #"{"steps":[\#(get),\#(post)]}"#, extra: #","attempts":2"#)
      #expect(before["status"]?.string == "ok" && before["attempts"]?.int == 2, "\(before)")
      #expect(site.requests == ["GET /", "GET /", "POST /"])
      let after = try await run(node, #"{"steps":[\#(post),\#(get)]}"#, extra: #","attempts":2"#)
      #expect(after["status"]?.string == "error" && after["attempts"]?.int == 1, "\(after)")
    }
  }

  @Test("cancelling a flow ends its transfer in flight")
  func cancel() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, _ in }
      defer { site.close() }
      let path = try await node.add(#"{"task":"flow","args":{"steps":[{"get":"\#(site.url())"}]}}"#)
      try await eventually(node.loop, "the request arrives") { site.requests.count == 1 }
      #expect(try await node.ask("DELETE", path).json["state"]?.string == "cancelled")
      try await eventually(node.loop, "the transfer ends") { site.aborted == 1 }
    }
  }

  @Test("an attempt's time-out names the step that it ended")
  func attemptTimeout() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, _ in }
      defer { site.close() }
      let asleep = try await run(node, #"{"steps":[{"set":{}},{"sleep_s":60}]}"#, extra: #","timeout_s":0.05"#)
      #expect(
        asleep["error"]?["message"]?.string == "/args/steps/1 (sleep_s): the attempt's timeout_s was over", "\(asleep)")
      let asking = try await run(node, #"{"steps":[{"get":"\#(site.url())"}]}"#, extra: #","timeout_s":0.05"#)
      #expect(asking["error"]?["code"]?.string == "timeout")
      #expect(asking["error"]?["message"]?.string?.hasPrefix("/args/steps/0 (get): \(site.authority)") == true)
    }
  }

  @Test("its schema is told, its time-out is an hour, and it may run again if all its requests may")
  func type() throws {
    let type = try #require(TaskTypes.builtIn["flow"])
    #expect(type.timeout == .seconds(3600))
    let schema = try JSONValue.parse(Array(type.schema.bytes))
    #expect(schema.at(pointer: "/properties/steps/items/$ref")?.string == "#/$defs/step")
    #expect(schema.at(pointer: "/$defs/request/properties/form/anyOf/0/type/0")?.string == "object")
    #expect(schema.at(pointer: "/$defs/request/properties/url") == nil)
    for part in ["step", "request", "condition", "conditions", "filled", "seconds"] {
      #expect(schema.at(pointer: "/$defs/\(part)") != nil)
    }
    let get = try JSONValue.parse(#"{"steps":[{"get":"http://h/"}]}"#)
    #expect(try type.prepare(get).isRepeatable)
    let post = try JSONValue.parse(#"{"steps":[{"post":"http://h/"}]}"#)
    #expect(try !type.prepare(post).isRepeatable)
  }
}
