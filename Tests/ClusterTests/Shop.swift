import HTTP
import JSON
import Loop
import Net

/// A shop that knows its visitors by their cookies, has the goods some time after it was first looked at, and counts
/// what is ordered. Everything runs on its loop.
final class Shop: HTTPHandler, @unchecked Sendable {
  // Guarded by: the loop's thread.
  let loop: EventLoop
  private let client: HTTPClient
  private var server: HTTPServer!
  /// How often the goods are looked for in vain; nil: they never come.
  var looksInVain: Int?
  /// Takes an order and says nothing: the connection breaks.
  var isMute = false
  private(set) var looks = 0
  private(set) var lookers: Set<String> = []
  /// By the cookie that a customer was given.
  private(set) var customers: [String: String] = [:]
  /// Their customers, in the order of their numbers.
  private(set) var orders: [String] = []
  private(set) var ordersTooEarly = 0
  private var failedOnce: Set<String> = []

  /// Opens one on a loop of its own, hands it to `body` there, and closes it whatever happens.
  static func open(looksInVain: Int?, _ body: @escaping @Sendable (Shop) async throws -> Void) async throws {
    let loop = try EventLoop.start(name: "shop")
    defer { loop.stop() }
    try await loop.spawn {
      let shop = try Shop(loop, looksInVain: looksInVain)
      defer { shop.close() }
      try await body(shop)
    }.value
  }

  private init(_ loop: EventLoop, looksInVain: Int?) throws {
    self.loop = loop
    self.looksInVain = looksInVain
    client = HTTPClient(loop: loop)
    server = try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: self)
  }

  var url: String { "http://\(server.localAddress)" }

  private func close() {
    client.close()
    server.close()
  }

  /// One request to a node, and its answer as JSON.
  func ask(_ method: String, _ url: String, _ body: String? = nil) async throws -> (status: Int, json: JSONValue) {
    var request = HTTPClientRequest(url, method: method)
    if let body {
      request.body = .bytes(Array(body.utf8))
      request.headers.add("Content-Type", "application/json")
    }
    let response = try await client.fetch(request)
    return (response.status, try JSONValue.parse(response.body))
  }

  // MARK: What its visitors meet

  func handle(_ exchange: HTTPExchange) {
    let cookie = exchange.request.headers["cookie"] ?? ""
    switch (exchange.request.method, exchange.request.target) {
    case ("POST", "/login"): exchange.collectBody(upTo: 1000) { [self] in logIn(exchange, (try? $0.get()) ?? []) }
    case ("GET", "/items/42"): show(exchange, cookie)
    case ("POST", "/orders"):
      exchange.collectBody(upTo: 1000) { [self] in order(exchange, cookie, (try? $0.get()) ?? []) }
    default: exchange.respond(status: 404)
    }
  }

  private func logIn(_ exchange: HTTPExchange, _ body: [UInt8]) {
    guard let customer = Query(body)["customer"] else { return exchange.respond(status: 400) }
    // Every customer whose name ends so meets a busy shop first.
    if customer.hasSuffix("7"), failedOnce.insert(customer).inserted { return exchange.respond(status: 503) }
    let cookie = "visitor=\(customers.count)"
    customers[cookie] = customer
    exchange.respond(status: 200, headers: ["Set-Cookie": "\(cookie); Path=/; HttpOnly"])
  }

  private var hasGoods: Bool { looksInVain.map { looks > $0 } ?? false }

  private func show(_ exchange: HTTPExchange, _ cookie: String) {
    guard let customer = customers[cookie] else { return exchange.respond(status: 401) }
    lookers.insert(customer)
    looks += 1
    // Once the page cannot be had, unless no goods are to come: then a pause before another try might outlast the wait.
    if looks == 2, looksInVain != nil { return exchange.respond(status: 502) }
    exchange.respond(json: Array(#"{"sku":"42","available":\#(hasGoods)}"#.utf8))
  }

  private func order(_ exchange: HTTPExchange, _ cookie: String, _ body: [UInt8]) {
    guard let customer = customers[cookie], let order = try? JSONValue.parse(body), order["sku"]?.string == "42" else {
      return exchange.respond(status: 400)
    }
    guard hasGoods else {
      ordersTooEarly += 1
      return exchange.respond(status: 409)
    }
    orders.append(customer)
    guard isMute else { return exchange.respond(status: 201, json: Array(#"{"number":\#(orders.count)}"#.utf8)) }
    // It is there again at once, for whoever would order a second time.
    loop.execute { [self] in
      let address = server.localAddress
      server.close()
      server = try? HTTPServer(loop: loop, address: address, handler: self)
    }
  }
}
