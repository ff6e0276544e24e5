internal import Clockwork
internal import HTTP
internal import JSON
internal import Loop
internal import Net

/// `/shards`: what coordinators send, take up again and take back.
///
/// Guarded by: the pool's loop.
final class ShardEndpoints {
  private let pool: TaskPool
  private let load: () -> NodeLoad
  private let shelf: ShardShelf
  private var epochs = CoordinatorEpochs()

  init(pool: TaskPool, bounds: ShardShelf.Bounds, load: @escaping () -> NodeLoad) {
    (self.pool, self.load) = (pool, load)
    shelf = ShardShelf(bounds)
  }

  /// Once a second: a line of load on every exchange.
  func tick() {
    guard !shelf.shards.isEmpty else { return }
    var load = load()
    load.coordinators = coordinators
    for shard in shelf.shards.values { shard.tell(load) }
  }

  /// How many have tasks here.
  var coordinators: Int {
    Set(shelf.shards.values.lazy.filter { !$0.hasEnded }.map(\.origin.coordinator)).count
  }

  func abandonAll() {
    for shard in Array(shelf.shards.values) { shard.letGo(isDone: false) }
  }

  /// Whether some coordinator may still come for results that it does not have.
  var isWaitedFor: Bool { shelf.shards.values.contains(where: \.isDetached) }

  func write(into metrics: inout MetricsWriter) {
    let shards = shelf.shards.values
    metrics.gauge(
      "ignareo_shards", "Shards of coordinators' batches that have not ended.", shards.count { !$0.hasEnded })
    metrics.gauge(
      "ignareo_shards_held", "Shards whose results are held, those that have not ended among them.", shards.count)
    metrics.gauge(
      "ignareo_shards_detached", "Shards whose exchange broke, and whose coordinator is waited for.",
      shards.count(where: \.isDetached))
    metrics.gauge(
      "ignareo_shards_held_bytes", "Results of shards that are held in memory.", shelf.activeBytes + shelf.restingBytes)
  }

  // MARK: POST /shards

  /// Nothing is taken before the last line was read and there is room for all.
  func take(_ exchange: HTTPExchange) {
    let query: ShardQuery
    do throws(Problem) {
      query = try ShardQuery(exchange.request)
      guard try TaskQuery.form(exchange.request) == .stream else {
        throw .unsupportedMediaType("application/json", expected: "application/x-ndjson, one task a line")
      }
      let done = try ShardQuery.done(exchange.request)
      try admit(query)
      // What is durable elsewhere is so whatever becomes of this shard.
      for id in done { forget(id, of: query.sender.coordinator) }
      try room(tasks: 1, bytes: 0)
    } catch {
      return exchange.respond(error)
    }
    let reader = ShardReader(pool) { [self] reader, problem in
      if let problem { exchange.respond(problem) } else { start(query, reader, exchange) }
    }
    reader.read(exchange)
  }

  private func start(_ query: ShardQuery, _ reader: ShardReader, _ exchange: HTTPExchange) {
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
    note(query.sender)
    let origin = ShardRun.Origin(
      batch: query.batch, coordinator: query.sender.coordinator, epoch: query.sender.epoch)
    let shard = ShardRun(id: query.id, origin: origin, lines: lines, pool: pool, shelf: shelf)
    shelf.add(shard)
    shard.start(lines, on: exchange)
  }

  private func admit(_ query: ShardQuery) throws(Problem) {
    if shelf[query.id] != nil { throw TaskQuery.conflict("The shard \(query.id.text) is here already.") }
    if shelf.isDenied(query.id) {
      throw TaskQuery.conflict(
        "The shard \(query.id.text) comes too late: its coordinator was told that it is not here.")
    }
    try admit(query.sender)
  }

  private func admit(_ sender: ShardQuery.Sender) throws(Problem) {
    if let newest = epochs[sender.coordinator], sender.epoch < newest {
      throw TaskQuery.conflict(
        "The coordinator '\(sender.coordinator)' was replaced: epoch \(sender.epoch) is older than \(newest).")
    }
  }

  private func note(_ sender: ShardQuery.Sender) {
    epochs.note(
      sender.epoch, of: sender.coordinator, live: Set(shelf.shards.values.map(\.origin.coordinator)))
  }

  private func room(tasks: Int, bytes: Int) throws(Problem) {
    do throws(PoolRefusal) { try pool.checkRoom(tasks: tasks, bytes: bytes) } catch { throw Problem(error) }
  }

  private func forget(_ id: UUIDv7, of coordinator: String) {
    guard let shard = shelf[id], shard.hasEnded, shard.origin.coordinator == coordinator else { return }
    shard.letGo(isDone: true)
  }

  // MARK: GET /shards, GET /shards/{id}

  func list(_ exchange: HTTPExchange) {
    let coordinator = exchange.request.query["coordinator"]
    var writer = JSONWriter()
    writer.object { object in
      object.array("shards") { array in
        for shard in shelf.shards.values.sorted(by: { $0.id < $1.id }) {
          if let coordinator, shard.origin.coordinator != coordinator { continue }
          array.object { shard.write(into: &$0) }
        }
      }
    }
    exchange.respond(json: writer.bytes)
  }

  /// Takes a shard up again: its results behind the last one that the coordinator has, and those that are to come.
  func attach(_ id: String, _ exchange: HTTPExchange) {
    do throws(Problem) {
      let sender = try ShardQuery.Sender(exchange.request)
      let after = try ShardQuery.after(exchange.request)
      try admit(sender)
      note(sender)
      guard let id = UUIDv7(id), let shard = shelf[id], shard.origin.coordinator == sender.coordinator else {
        return deny(id, exchange)
      }
      guard after <= shard.lineCount else {
        throw TaskQuery.bad("after", "\(after)", "at most \(shard.lineCount), the results that there are")
      }
      shard.attach(exchange, after: after)
    } catch {
      exchange.respond(error)
    }
  }

  static let knowledgeField = "Ignareo-Knows-Ms"

  /// The shard is not here, and does not come any more. If it was sent within the time that the answer names, no task
  /// of it was begun.
  private func deny(_ id: String, _ exchange: HTTPExchange) {
    if let id = UUIDv7(id), shelf[id] == nil { shelf.deny(id) }
    let known = MonotonicClock.now - shelf.knowsSince
    exchange.respond(
      .notFound(exchange.request.path), headers: [Self.knowledgeField: String(Int(known.inMilliseconds))])
  }

  // MARK: DELETE /shards/{id}

  /// Cancels what has not ended. A shard that has ended is forgotten: who asks has its results.
  func cancel(_ id: String, _ exchange: HTTPExchange) {
    guard let id = UUIDv7(id), let shard = shelf[id] else {
      return exchange.respond(.notFound(exchange.request.path))
    }
    let choice: ShardQuery.Choice
    do throws(Problem) { choice = try ShardQuery.Choice(exchange.request) } catch { return exchange.respond(error) }
    let hadEnded = shard.hasEnded
    let cancelled = shard.cancel(choice.indexes)
    if hadEnded, choice.indexes == nil, !choice.keeps { shard.letGo(isDone: true) }
    var writer = JSONWriter()
    writer.object {
      $0.member("id", id.text)
      $0.member("cancelled", cancelled)
    }
    exchange.respond(json: writer.bytes)
  }
}

extension ShardRun {
  fileprivate func write(into object: inout JSONWriter) {
    object.member("id", id.text)
    object.member("batch", ifPresent: origin.batch)
    object.member("coordinator", origin.coordinator)
    object.member("epoch", origin.epoch)
    object.member("tasks", indexes.count)
    object.member("ended", endedCount)
    object.array("indexes") { array in for index in indexes { array.int(index) } }
    object.member("attached", isAttached)
  }
}
