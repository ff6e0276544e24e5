internal import Clockwork
internal import HTTP
internal import JSON
internal import Net

/// `/shards`: what coordinators send and take back.
///
/// Guarded by: the pool's loop.
final class ShardEndpoints {
  private let pool: TaskPool
  private let load: () -> NodeLoad
  private var shards: [UUIDv7: ShardRun] = [:]
  private var epochs = CoordinatorEpochs()

  init(pool: TaskPool, load: @escaping () -> NodeLoad) {
    self.pool = pool
    self.load = load
  }

  /// Once a second: a line of load on every exchange.
  func tick() {
    guard !shards.isEmpty else { return }
    let load = load()
    for shard in shards.values { shard.tell(load) }
  }

  /// Shards that have not ended.
  var count: Int { shards.count }

  func abandonAll() {
    for shard in Array(shards.values) { shard.abandon() }
  }

  // MARK: POST /shards

  /// Nothing is taken before the last line was read and there is room for all.
  func take(_ exchange: HTTPExchange) {
    let query: Query
    do throws(Problem) {
      query = try Query(exchange.request)
      guard try TaskQuery.form(exchange.request) == .stream else {
        throw .unsupportedMediaType("application/json", expected: "application/x-ndjson, one task a line")
      }
      try admit(query)
      try room(tasks: 1, bytes: 0)
    } catch {
      return exchange.respond(error)
    }
    let reader = ShardReader(pool) { [self] reader, problem in
      if let problem { exchange.respond(problem) } else { start(query, reader, exchange) }
    }
    reader.read(exchange)
  }

  private func start(_ query: Query, _ reader: ShardReader, _ exchange: HTTPExchange) {
    let lines = reader.lines
    do throws(Problem) {
      try admit(query)
      try room(tasks: lines.count, bytes: reader.bytes)
      guard Set(lines.map(\.index)).count == lines.count else {
        throw TaskQuery.conflict("One index stands twice in this shard.")
      }
    } catch {
      return exchange.respond(error)
    }
    epochs.note(query.epoch, of: query.coordinator, live: Set(shards.values.map(\.coordinator)))
    let shard = ShardRun(
      id: query.id, batch: query.batch, coordinator: query.coordinator, exchange: exchange, pool: pool
    ) { [weak self] shard in self?.shards[shard.id] = nil }
    shards[query.id] = shard
    shard.start(lines)
  }

  private func admit(_ query: Query) throws(Problem) {
    if shards[query.id] != nil { throw TaskQuery.conflict("The shard \(query.id.text) runs here already.") }
    if let newest = epochs[query.coordinator], query.epoch < newest {
      throw TaskQuery.conflict(
        "The coordinator '\(query.coordinator)' was replaced: epoch \(query.epoch) is older than \(newest).")
    }
  }

  private func room(tasks: Int, bytes: Int) throws(Problem) {
    do throws(PoolRefusal) { try pool.checkRoom(tasks: tasks, bytes: bytes) } catch { throw Problem(error) }
  }

  // MARK: DELETE /shards/{id}

  func cancel(_ id: String, _ exchange: HTTPExchange) {
    guard let id = UUIDv7(id), let shard = shards[id] else {
      return exchange.respond(.notFound(exchange.request.path))
    }
    var indexes: [Int]?
    for text in exchange.request.query.values("index") {
      guard let index = Int(text), index >= 0 else {
        return exchange.respond(TaskQuery.bad("index", text, "a whole number from 0"))
      }
      indexes = (indexes ?? []) + [index]
    }
    let cancelled = shard.cancel(indexes)
    var writer = JSONWriter()
    writer.object {
      $0.member("id", id.text)
      $0.member("cancelled", cancelled)
    }
    exchange.respond(json: writer.bytes)
  }

  /// What the target says of the shard.
  private struct Query {
    let id: UUIDv7
    let batch: String?
    let coordinator: String
    let epoch: Int

    init(_ request: HTTPRequestHead) throws(Problem) {
      let query = request.query
      let idText = query["id"] ?? ""
      guard let id = UUIDv7(idText) else { throw TaskQuery.bad("id", idText, "a UUIDv7") }
      let epochText = query["epoch"] ?? "0"
      guard let epoch = Int(epochText), epoch >= 0 else {
        throw TaskQuery.bad("epoch", epochText, "a whole number from 0")
      }
      self.id = id
      self.epoch = epoch
      batch = query["batch"]
      coordinator = query["coordinator"] ?? ""
    }
  }
}
