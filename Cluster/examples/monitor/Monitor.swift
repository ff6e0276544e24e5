import Ignareo

/// The arguments of `monitor`.
struct Wish: Codable, Sendable {
  /// Its base URL.
  let shop: String
  let sku: String
  let customers: [String]
  /// Between two looks at the product's page, in seconds; a second when it is left out.
  let every: Double?
  /// How long to wait for the goods, in seconds.
  let patience: Double

  enum CodingKeys: String, CodingKey {
    case shop, sku, customers
    case every = "every_s"
    case patience = "for_s"
  }

  /// What no shop should be asked for.
  func check() throws {
    if Set(customers).count != customers.count || customers.isEmpty {
      throw TaskFailure(.badArguments, "customers: name each once, and at least one")
    }
    guard (0.05...3600).contains(every ?? 1) else { throw TaskFailure(.badArguments, "every_s: 0.05 to 3600") }
    guard (0...604_800).contains(patience) else { throw TaskFailure(.badArguments, "for_s: up to a week, 604800") }
  }
}

/// What became of one customer's order: its number, or why there is none.
struct Purchase: Codable, Sendable {
  let customer: String
  var number: Int?
  var failure: String?
}

struct Monitor: Sendable {
  let wish: Wish

  func run(_ context: TaskContext) async throws -> [Purchase] {
    try wish.check()
    // Everyone is logged in before there is anything to buy: then the orders leave at once.
    let logins = wish.customers.map { customer in context.spawn { context in try await logIn(customer, context) } }
    let sessions = try await context.join(logins)

    try await context.withTimeout(.seconds(wish.patience)) { context in try await waitForGoods(sessions[0], context) }

    let orders = sessions.map { session in context.spawn { context in try await order(session, context) } }
    var purchases = wish.customers.map { Purchase(customer: $0) }
    for try await ended in context.joinAsCompleted(orders) {
      // One customer's failure is told beside the others' numbers: an order that was placed must not go unheard.
      do { purchases[ended.index].number = try ended.value } catch { purchases[ended.index].failure = "\(error)" }
    }
    return purchases
  }

  /// A session of the customer's own, whose cookie says who it is.
  private func logIn(_ customer: String, _ context: TaskContext) async throws -> Session {
    let session = context.session(Session.Options(baseURL: wish.shop))
    try await context.retry(Retry(tries: 5)) {
      try await session.post("/login", body: .form([("customer", customer)])).checked()
    }
    return session
  }

  /// One visitor looks for all, now and then: the shop need not suffer because many want to buy.
  private func waitForGoods(_ session: Session, _ context: TaskContext) async throws {
    while true {
      let item = try await context.retry(Retry(tries: 10)) {
        try await session.get("/items/\(wish.sku)").checked().json()
      }
      if item["available"]?.bool == true { return }
      try await context.sleep(.seconds(wish.every ?? 1))
    }
  }

  /// Tries again only what surely never reached the shop: no order at all is better than two.
  private func order(_ session: Session, _ context: TaskContext) async throws -> Int {
    let answer = try await context.retry(Retry(tries: 5, repeatable: false)) {
      try await session.post("/orders", json: ["sku": wish.sku]).checked()
    }
    guard let number = try answer.json()["number"]?.int else {
      throw TaskFailure(.assertion, "the shop took the order and gave it no number: \(answer.text)")
    }
    return number
  }
}
