import Batch
import Clockwork
import HTTP
import JSON
import Net

/// `/pools`, `/pools/{name}`, `/pools/{name}/items` and `/pools/{name}/close`.
///
/// Guarded by: the loop's thread.
final class PoolEndpoints {
  let book: PoolBook
  fileprivate let journal: Journal
  /// What the calls that are under way hold in memory.
  fileprivate var gatheredBytes = 0

  init(_ book: PoolBook, journal: Journal) { (self.book, self.journal) = (book, journal) }

  private func find(_ name: String, _ exchange: HTTPExchange) throws(Problem) -> PoolRecord {
    guard PoolName.isValid(name) else { throw .badPoolName(name) }
    guard let pool = book[name] else { throw .noPool(exchange.request.path) }
    return pool
  }

  func show(_ name: String, _ exchange: HTTPExchange) throws(Problem) {
    exchange.respond(json: PoolDocument.bytes(of: try find(name, exchange), book))
  }

  /// By name; `next` is the `?after=` of the following page.
  func list(_ exchange: HTTPExchange) throws(Problem) {
    let query = RequestQuery(exchange)
    let limit = try query.whole(
      "limit", in: 1...CoordinatorLimits.listedBatchesMost, otherwise: CoordinatorLimits.listedBatches)
    let after = query["after"] ?? ""
    guard after.isEmpty || PoolName.isValid(after) else { throw .badParameter("after", after, "the name of a pool") }
    let rest = book.all.drop { $0.name <= after }
    var writer = JSONWriter()
    writer.object { document in
      document.array("pools") { array in
        for pool in rest.prefix(limit) { PoolDocument.write(pool, book, into: &array) }
      }
      if rest.count > limit, let last = rest.prefix(limit).last { document.member("next", last.name) }
    }
    exchange.respond(json: writer.bytes)
  }

  func delete(_ name: String, _ exchange: HTTPExchange) throws(Problem) {
    let pool = try find(name, exchange)
    let batches = book.batches(of: pool)
    guard batches.isEmpty, pool.claims == 0, pool.intake.isIdle else {
      throw .poolInUse(exchange.request.path, by: batches.map(\.text))
    }
    book.remove(pool) { exchange.respond(status: 204) }
  }

  func close(_ name: String, _ exchange: HTTPExchange) throws(Problem) {
    let pool = try find(name, exchange)
    if let trouble { throw trouble }
    pool.intake.close { [book] problem in
      if let problem { return exchange.respond(problem) }
      exchange.respond(json: PoolDocument.bytes(of: pool, book))
    }
  }

  // MARK: Items

  func take(_ name: String, _ exchange: HTTPExchange) throws(Problem) {
    guard PoolName.isValid(name) else { throw .badPoolName(name) }
    let options = try SubmissionOptions(ofItems: exchange)
    if let key = options.idempotencyKey {
      switch book.use(ofKey: key, name) {
      case .reading?: throw .keyInUse
      case .taken(let digest)?: return compare(exchange, options, with: digest, name)
      case nil: break
      }
    }
    let call = ItemCall(exchange, options, to: name, self)
    if let problem = call.obstacle { throw problem }
    if let key = options.idempotencyKey { book.reserve(key: key, name) }
    TaskReading(exchange, options, for: call).start()
  }

  fileprivate var trouble: Problem? { journal.engine.trouble.map { .noSpace($0) } }

  fileprivate var isFull: Bool { !book.dispatcher.book.makeRoom() }

  /// The key was used before: the same call is answered as it was, another one is refused.
  private func compare(
    _ exchange: HTTPExchange, _ options: SubmissionOptions, with digest: BatchManifest.Digest, _ name: String
  ) {
    options.compareBody(of: exchange, with: digest) { [book] isSame in
      guard isSame, let pool = book[name] else { return exchange.respond(.otherBody) }
      exchange.respond(json: PoolDocument.bytes(of: pool, book))
    }
  }
}

/// One call as it arrives: its items are gathered in memory, so that a call with a fault leaves nothing, not even a
/// pool.
///
/// Guarded by: the loop's thread. Its reading keeps it alive, and then the pool's intake.
private final class ItemCall: TaskTaker {
  let draft: ItemDraft
  private let exchange: HTTPExchange
  private let options: SubmissionOptions
  private let name: String
  private let endpoint: PoolEndpoints

  init(_ exchange: HTTPExchange, _ options: SubmissionOptions, to name: String, _ endpoint: PoolEndpoints) {
    (self.exchange, self.options, self.name, self.endpoint) = (exchange, options, name, endpoint)
    draft = ItemDraft { [endpoint] in endpoint.gatheredBytes += $0 }
  }

  private var use: Pool.Use? { options.reuse.map { .lent($0) } }

  var obstacle: Problem? {
    if let trouble = endpoint.trouble { return trouble }
    if endpoint.isFull { return .full }
    if endpoint.book[name]?.intake.isClosed == true { return .closedPool(name) }
    if let problem = endpoint.book.obstacle(to: use, of: name) { return problem }
    if draft.bytes > CoordinatorLimits.callBytes { return .itemsTooLarge }
    return endpoint.gatheredBytes > CoordinatorLimits.gatheredBytes ? .callsHoldTooMuch : nil
  }

  func taken(from reading: TaskReading) {}

  let smallerForm = "send the items in several calls."

  func open(_ body: [UInt8]) throws(Problem) -> (tasks: [JSONValue], place: [String]) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue.parse(body) } catch {
      throw .invalidJSON("\(error.cause) (\(error.position(in: body)))")
    }
    guard let elements = value.elements else {
      throw .badRequest("A JSON body is an array of items; send NDJSON for an item a line.", pointer: "")
    }
    return (elements, [])
  }

  func accept(_ digest: BodyDigest) {
    if let problem = obstacle { return refuse(problem) }
    let pool: PoolRecord
    do throws(Problem) { pool = try endpoint.book.open(name) } catch { return refuse(error) }
    let addition = options.idempotencyKey.map { BatchManifest.Addition(key: $0, digest: digest.kept) }
    pool.intake.add(
      PoolIntake.Call(draft.takeItems(), use ?? .once, addition: addition) { [self] problem in
        if let problem { return refuse(problem) }
        endpoint.gatheredBytes -= draft.bytes
        exchange.respond(
          status: 202, headers: ["Location": "/pools/\(name)"], json: PoolDocument.bytes(of: pool, endpoint.book))
      })
  }

  func refuse(_ problem: Problem) {
    endpoint.gatheredBytes -= draft.bytes
    if let key = options.idempotencyKey { endpoint.book.release(key: key, name) }
    exchange.respond(problem)
  }
}

extension Problem {
  fileprivate static func badPoolName(_ name: String) -> Problem {
    .badRequest("'\(name)' is no name of a pool: \(PoolName.rule).")
  }

  fileprivate static func noPool(_ path: String) -> Problem {
    Problem(
      status: 404, code: "no_pool", title: "No such pool",
      detail: "GET /pools lists those that there are; POST /pools/{name}/items makes one.", instance: path)
  }

  fileprivate static func poolInUse(_ path: String, by batches: [String]) -> Problem {
    let who = batches.isEmpty ? "A call to it is under way" : "It is taken from by \(batches.joined(separator: ", "))"
    return Problem(
      status: 409, code: "pool_in_use", title: "The pool is in use",
      detail: "\(who). Wait until that has ended, or cancel it.", instance: path)
  }

  fileprivate static let itemsTooLarge = Problem(
    status: 413, code: "too_large", title: "The call is too large; nothing was kept",
    detail: "One call brings a pool at most \(CoordinatorLimits.callBytes) bytes of items (64 MiB), "
      + "\(CoordinatorLimits.gatheredTaskBytes) more counted for each; send them in several calls.")
}
