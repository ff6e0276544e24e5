internal import Clockwork
internal import HTTP
internal import JSON
internal import Loop
internal import Net

/// One shard in the node: its tasks that have not ended, and the exchange on which their results leave.
///
/// A reader that does not keep up holds its shard's queued tasks back, so that what is buffered for it is bounded by
/// what runs. An exchange that breaks cancels what is left: nobody would get the results.
/// Guarded by: the pool's loop.
final class ShardRun: @unchecked Sendable {
  let id: UUIDv7
  let batch: String?
  let coordinator: String
  private let exchange: HTTPExchange
  private let pool: TaskPool
  private let receivedAt: Instant
  private let whenOver: (ShardRun) -> Void

  private var records: [Int: TaskRecord] = [:]
  private var held: [TaskRecord] = []
  private var pending = JSONWriter()
  private var isFlushDue = false
  private var isOver = false

  init(
    id: UUIDv7, batch: String?, coordinator: String, exchange: HTTPExchange, pool: TaskPool,
    whenOver: @escaping (ShardRun) -> Void
  ) {
    self.id = id
    self.batch = batch
    self.coordinator = coordinator
    self.exchange = exchange
    self.pool = pool
    self.whenOver = whenOver
    receivedAt = MonotonicClock.now
  }

  /// Begins the answer and the tasks.
  func start(_ lines: [ShardLine]) {
    exchange.startStream(status: 200, headers: ["Content-Type": "application/x-ndjson"])
    exchange.onAbort { [self] in abandon() }
    for line in lines {
      switch line.draft {
      case .success(let draft):
        records[line.index] = pool.insert(
          draft, owner: .shard(self, index: line.index), attemptsBefore: line.attempt - 1)
      case .failure(let failure):
        pool.noteUnfit(failure)
        write(line.index, .error(failure.bounded), startedAt: nil, duration: .zero, hasBegun: false)
      }
    }
    pool.fillPlaces()
    endIfDone()
  }

  /// One of its tasks has ended.
  func ended(_ index: Int, _ result: TaskResult, startedAt: Instant?) {
    records[index] = nil
    guard !isOver else { return }
    write(index, result.outcome, startedAt: startedAt, duration: result.duration)
    endIfDone()
  }

  /// Cancels some of its tasks, or all.
  ///
  /// - Returns: how many of them had not ended.
  func cancel(_ indexes: [Int]?) -> Int {
    let chosen = indexes.map { $0.compactMap { records[$0] } } ?? Array(records.values)
    for record in chosen { pool.cancel(record) }
    return chosen.count
  }

  func tell(_ load: NodeLoad) {
    guard !isOver else { return }
    pending.object { $0.member("load") { load.write(into: &$0) } }
    pending.endLine()
    flushSoon()
  }

  // MARK: Back-pressure

  var isCongested: Bool { exchange.isCongested }

  /// Keeps a task back until the reader has caught up.
  func hold(_ record: TaskRecord) {
    held.append(record)
    guard held.count == 1 else { return }
    exchange.onDrain { [self] in
      let waiting = held
      held = []
      pool.requeue(waiting)
    }
  }

  // MARK: Writing

  /// - Parameter hasBegun: false for a task that this node could not even begin; only then the line says so.
  private func write(
    _ index: Int, _ outcome: TaskOutcome, startedAt: Instant?, duration: Duration, hasBegun: Bool = true
  ) {
    let started = (startedAt ?? MonotonicClock.now) - receivedAt
    pending.object { line in
      line.member("index", index)
      switch outcome {
      case .ok(let value):
        line.member("status", "ok")
        line.member("value", value)
      case .error(let failure):
        line.member("status", "error")
        line.member("error") { failure.write(into: &$0, withEffect: true) }
      case .cancelled:
        line.member("status", "cancelled")
        line.member("effect", startedAt != nil)
      }
      if !hasBegun { line.member("begun", false) }
      line.member("started_ms", started.inMilliseconds.rounded(toPlaces: 3))
      line.member("duration_ms", duration.inMilliseconds.rounded(toPlaces: 3))
    }
    pending.endLine()
    flushSoon()
  }

  private func endIfDone() {
    guard records.isEmpty, !isOver else { return }
    isOver = true
    pending.object { $0.member("end", true) }
    pending.endLine()
    flush()
    exchange.finish()
    whenOver(self)
  }

  /// What one turn brings leaves together, as far as it is small: what is large must count for `isCongested` at once.
  private func flushSoon() {
    if pending.bytes.count > Limits.shardPieceBytes { return flush() }
    guard !isFlushDue else { return }
    isFlushDue = true
    pool.loop.execute { [self] in
      isFlushDue = false
      if !isOver { flush() }
    }
  }

  private func flush() {
    exchange.write(pending.bytes)
    pending = JSONWriter()
  }

  /// Cancels what is left and tells nobody.
  func abandon() {
    guard !isOver else { return }
    isOver = true
    let left = cancel(nil)
    pool.log.info("shard_broken", ["shard": id.text, "coordinator": coordinator, "cancelled": "\(left)"])
    whenOver(self)
  }
}
