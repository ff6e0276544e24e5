import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

private struct Order: Codable, Sendable {
  let shop: String
  let sku: String
  let count: Int
}

private struct Receipt: Codable, Sendable {
  let number: Int
  let polls: Int
}

/// The task of the library's first example: poll until there is something to buy, then buy it.
private func shopping() -> TaskTypes {
  var tasks = TaskTypes.builtIn
  tasks.register("order", repeatable: false, summary: "waits until a product is on sale, then orders it") {
    (order: Order, context) in
    let session = context.session()
    var polls = 0
    while true {
      polls += 1
      let page = try await session.get("\(order.shop)/items/\(order.sku)")
      if page.text.contains("in stock") { break }
      try await context.sleep(.milliseconds(5))
    }
    let answer = try await session.post("\(order.shop)/orders", json: order)
    return Receipt(number: try answer.json()["number"]?.int ?? 0, polls: polls)
  }
  return tasks
}

/// Sells from the third look of each visitor on, whom it knows by his cookie.
private final class Shop: @unchecked Sendable {
  // Guarded by: the loop's thread.
  private var looks: [String: Int] = [:]
  private var orders = 0

  func answer(_ site: Website, _ exchange: HTTPExchange) {
    let cookie = exchange.request.headers["cookie"]
    if exchange.request.method == "POST" {
      return exchange.collectBody(upTo: 1000) { [self] body in
        let order = try? JSONValue.parse((try? body.get()) ?? []).decode(Order.self)
        guard order?.count == 2, looks[cookie ?? ""] == 3 else { return exchange.respond(status: 400) }
        orders += 1
        exchange.respond(json: Array(#"{"number":\#(orders)}"#.utf8))
      }
    }
    guard let cookie else {
      let name = "visitor=\(looks.count)"
      looks[name] = 1
      return exchange.respond(status: 200, headers: ["Set-Cookie": name + "; Path=/"], body: Array("sold out".utf8))
    }
    looks[cookie, default: 0] += 1
    exchange.respond(status: 200, body: Array((looks[cookie] == 3 ? "in stock" : "sold out").utf8))
  }
}

@Suite("The library", .timeLimit(.minutes(2)))
struct LibraryTests {
  @Test("a user's own Codable task type runs on a node, with a session of its own for each task")
  func order() async throws {
    try await withNode(loops: 2, types: shopping()) { node async throws in
      let shop = Shop()
      let site = try Website(node.loop, shop.answer)
      defer { site.close() }
      let args = #"{"shop":"http://\#(site.authority)","sku":"42","count":2}"#
      let tasks = Array(repeating: #"{"task":"order","args":\#(args)}"#, count: 10).joined(separator: ",")
      let answer = try await node.ask("POST", "/tasks?wait=30", "[\(tasks)]")
      #expect(answer.status == 200)
      let results = try #require(answer.json["tasks"]?.elements)
      #expect(results.allSatisfy { $0.at(pointer: "/value/polls")?.int == 3 }, "\(answer.json)")
      #expect(Set(results.compactMap { $0.at(pointer: "/value/number")?.int }) == Set(1...10))
    }
  }

  @Test("its arguments are checked before it is registered, and their schema is shown")
  func arguments() async throws {
    try await withNode(types: shopping()) { node async throws in
      let answer = try await node.ask(
        "POST", "/tasks", #"{"task":"order","args":{"shop":"http://s","sku":"1","count":"two"}}"#)
      #expect(answer.status == 400)
      #expect(answer.json["pointer"]?.string == "/args/count")
      let types = try await node.ask("GET", "/task-types").json["task_types"]?.elements
      let order = try #require(types?.first { $0["name"]?.string == "order" })
      #expect(
        order["arguments"]?.text
          == #"{"type":"object","properties":{"shop":{"type":"string"},"sku":{"type":"string"},"#
          + #""count":{"type":"integer"}},"required":["shop","sku","count"]}"#)
    }
  }

  @Test("cancelling it runs its clean-up and ends its transfer")
  func cleanUp() async throws {
    let notebook = Notebook()
    var types = TaskTypes()
    types.register("visit", repeatable: true, summary: "never comes back") { (url: String, context) in
      do { return try await context.session().get(url).text } catch {
        await notebook.note("\(type(of: error))")
        throw error
      }
    }
    try await withNode(types: types) { [types] node async throws in
      _ = types
      let site = try Website(node.loop) { _, _ in }
      defer { site.close() }
      let task = try await node.add(#"{"task":"visit","args":"\#(site.url())"}"#)
      try await eventually(node.loop, "the request arrives") { !site.requests.isEmpty }
      #expect(try await node.ask("DELETE", task).json["state"]?.string == "cancelled")
      #expect(await notebook.lines == ["CancellationError"])
      try await eventually(node.loop, "the server sees the close") { site.aborted == 1 }
    }
  }

  @Test("a session's failures are task failures that name the host")
  func sessionFailures() async throws {
    var types = TaskTypes()
    types.register("visit", repeatable: true, summary: "goes nowhere") { (url: String, context) in
      // Only what waits for an answer is to run out of time, however busy the machine is.
      let timeout = Duration.milliseconds(url.hasPrefix("http:") ? 50 : 60_000)
      return try await context.session().get(url, timeout: timeout).status
    }
    try await withNode(types: types) { [types] node async throws in
      _ = types
      let site = try Website(node.loop) { _, _ in }
      defer { site.close() }
      for (url, code) in [(site.url(), "timeout"), ("gopher://x", "bad_arguments")] {
        let answer = try await node.ask("POST", "/tasks?wait=30", #"{"task":"visit","args":"\#(url)"}"#)
        #expect(answer.json.at(pointer: "/tasks/0/error/code")?.string == code)
      }
    }
  }
}
