import Foundation
import JSON
import Loop
import Testing

/// The example program on the library, `Cluster/examples/monitor`, as a real process.
@Suite("A program of a user's own", .timeLimit(.minutes(5))) struct MonitorTests {
  private static let anywhere = ["--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local"]

  /// Starts it, hands it to `body` with its address, and ends it whatever happens.
  private static func withProgram(
    _ shop: Shop, _ body: (_ program: Program, _ url: String) async throws -> Void
  ) async throws {
    let program = try Program(anywhere, of: "MonitorExample")
    do {
      let ready = try JSONValue.parse(try await program.firstLine())
      try await body(program, "http://" + (try #require(ready["http"]?.string)))
    } catch {
      program.send(SIGKILL)
      try await program.exitStatus()
      throw error
    }
    guard Program.isRunning(Int(program.pid)) else { return }
    program.send(SIGTERM)
    #expect(try await program.exitStatus() == 0, "\(program.errors)")
  }

  private static func task(_ shop: Shop, customers: [String], patience: Double = 60) -> String {
    let names = customers.map { "\"\($0)\"" }.joined(separator: ",")
    return #"{"task":"monitor","args":{"shop":"\#(shop.url)","sku":"42","customers":[\#(names)],"every_s":0.05,"#
      + #""for_s":\#(patience)}}"#
  }

  @Test("two hundred customers each order once, with their own cookie, as soon as the goods are there")
  func orders() async throws {
    let customers = (0..<200).map { "customer-\($0)" }
    try await Shop.open(looksInVain: 5) { shop in
      try await Self.withProgram(shop) { program, url in
        let answer = try await shop.ask("POST", url + "/tasks?wait=60", Self.task(shop, customers: customers))
        let result = try #require(answer.json.at(pointer: "/tasks/0"))
        #expect(answer.status == 200 && result["status"]?.string == "ok", "\(result)")
        let purchases = try #require(result["value"]?.elements)
        #expect(purchases.map { $0["customer"]?.string } == customers)
        // The number that a customer is told is that of his own order.
        #expect(purchases.allSatisfy { shop.orders[($0["number"]?.int ?? 0) - 1] == $0["customer"]?.string })
        #expect(shop.orders.sorted() == customers.sorted() && shop.ordersTooEarly == 0)
        #expect(Set(shop.customers.values) == Set(customers) && shop.customers.count == customers.count)
        // One of them looks for all.
        #expect(shop.looks == 6 && shop.lookers == ["customer-0"])
      }
    }
  }

  @Test("SIGTERM lets it finish what it watches, and its answer is still delivered")
  func drain() async throws {
    try await Shop.open(looksInVain: nil) { shop in
      try await Self.withProgram(shop) { program, url in
        let submission = shop.loop.spawn {
          try await shop.ask("POST", url + "/tasks?wait=60", Self.task(shop, customers: ["ann", "bob"]))
        }
        #expect(try await Program.wait { shop.looks > 2 })
        program.send(SIGTERM)
        let isDraining = try await Program.wait {
          try await shop.ask("POST", url + "/tasks", #"{"task":"echo"}"#).status == 503
        }
        #expect(isDraining, "\(program.errors)")
        shop.looksInVain = shop.looks
        let answer = try await submission.value
        let numbers = answer.json.at(pointer: "/tasks/0/value")?.elements?.compactMap { $0["number"]?.int }
        #expect(numbers?.sorted() == [1, 2], "\(answer.json)")
        #expect(try await program.exitStatus() == 0, "\(program.errors)")
      }
    }
  }

  @Test("an order that the shop took without a word is told as a failure, and not placed again")
  func muteShop() async throws {
    try await Shop.open(looksInVain: 0) { shop in
      shop.isMute = true
      try await Self.withProgram(shop) { program, url in
        let answer = try await shop.ask("POST", url + "/tasks?wait=60", Self.task(shop, customers: ["ann"]))
        let purchase = try #require(answer.json.at(pointer: "/tasks/0/value/0"), "\(answer.json)")
        #expect(purchase["number"] == nil && purchase["failure"]?.string?.hasPrefix("lost: ") == true, "\(purchase)")
        #expect(shop.orders == ["ann"])
      }
    }
  }

  @Test("when the goods do not come in time nobody orders, and arguments that cannot be meant are refused")
  func noGoods() async throws {
    try await Shop.open(looksInVain: nil) { shop in
      try await Self.withProgram(shop) { program, url in
        let task = Self.task(shop, customers: ["ann"], patience: 0.2)
        let error = try await shop.ask("POST", url + "/tasks?wait=60", task).json.at(pointer: "/tasks/0/error")
        #expect(
          error?["code"]?.string == "timeout" && error?["message"]?.string?.contains("0.2 s") == true,
          "\(error ?? .null)")
        #expect(shop.orders.isEmpty && shop.ordersTooEarly == 0)
        for bad in [Self.task(shop, customers: []), Self.task(shop, customers: ["ann"], patience: 1e300)] {
          let error = try await shop.ask("POST", url + "/tasks?wait=60", bad).json.at(pointer: "/tasks/0/error")
          #expect(error?["code"]?.string == "bad_arguments", "\(error ?? .null)")
        }
        let types = try await shop.ask("GET", url + "/task-types").json["task_types"]?.elements
        let monitor = types?.first { $0["name"]?.string == "monitor" }
        #expect(
          monitor?["arguments"]?["required"]?.elements?.compactMap(\.string) == ["shop", "sku", "customers", "for_s"])
      }
    }
  }

  @Test("its flags are a node's: --help lists them, and one that cannot be meant is a usage error of one line")
  func flags() async throws {
    let help = try Program(["--help"], of: "MonitorExample")
    #expect(try await help.exitStatus() == 0)
    #expect(help.output.contains("--drain-timeout SECONDS") && help.output.contains("monitor") && help.errors.isEmpty)
    let wrong = try Program(["--joint", "x"], of: "MonitorExample")
    #expect(try await wrong.exitStatus() == 2)
    #expect(wrong.output.isEmpty && wrong.errors.split(separator: "\n").count == 1 && wrong.errors.contains("--join"))
    let unknown = try Program(["--qqqqqqqqqqqq"], of: "MonitorExample")
    #expect(try await unknown.exitStatus() == 2)
    #expect(unknown.errors.contains("--help lists them"))
  }

  @Test("SIGINT ends it as SIGTERM does")
  func interrupt() async throws {
    let program = try Program(Self.anywhere, of: "MonitorExample")
    _ = try await program.firstLine()
    program.send(SIGINT)
    #expect(try await program.exitStatus() == 0, "\(program.errors)")
  }
}
