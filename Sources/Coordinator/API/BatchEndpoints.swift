import Batch
import Clockwork
import HTTP
import JSON
import Loop
import Net

/// `/batches`, `/batches/{id}` and `/batches/{id}/tasks/{index}`.
///
/// Guarded by: the loop's thread.
final class BatchEndpoints {
  let dispatcher: Dispatcher
  private var book: BatchBook { dispatcher.book }

  init(dispatcher: Dispatcher) { self.dispatcher = dispatcher }

  func find(_ id: UUIDv7?, _ exchange: HTTPExchange) throws(Problem) -> BatchRecord {
    guard let id, let batch = book[id] else { throw .noBatch(exchange.request.path) }
    return batch
  }

  func show(_ id: UUIDv7?, _ exchange: HTTPExchange) throws(Problem) {
    exchange.respond(json: BatchDocument.bytes(of: try find(id, exchange), dispatcher))
  }

  /// Newest first; `next` is the `?after=` of the following page.
  func list(_ exchange: HTTPExchange) throws(Problem) {
    let query = RequestQuery(exchange)
    let state = try query.choice("state", of: ["running", "done", "cancelled"])
    let limit = try query.whole(
      "limit", in: 1...CoordinatorLimits.listedBatchesMost, otherwise: CoordinatorLimits.listedBatches)
    var after: UUIDv7?
    if let text = query["after"] {
      guard let id = UUIDv7(text) else { throw .badParameter("after", text, "the id of a batch") }
      after = id
    }
    var writer = JSONWriter()
    var listed: [UUIDv7] = []
    var hasMore = false
    writer.object { document in
      document.array("batches") { array in
        for batch in book.all where after.map({ batch.id < $0 }) ?? true {
          if let state, BatchDocument.state(of: batch) != state { continue }
          hasMore = listed.count == limit
          if hasMore { break }
          listed.append(batch.id)
          BatchDocument.write(batch, dispatcher, into: &array)
        }
      }
      if hasMore, let last = listed.last { document.member("next", last.text) }
    }
    exchange.respond(json: writer.bytes)
  }

  func showTask(_ id: UUIDv7?, index text: String, _ exchange: HTTPExchange) throws(Problem) {
    let batch = try find(id, exchange)
    guard let index = Int(text), index >= 0, index < batch.total else {
      throw Problem(
        status: 404, code: "no_task", title: "No such task",
        detail: batch.total == 0
          ? "The batch has no task yet." : "The batch has \(batch.total) tasks, from index 0 to \(batch.total - 1).",
        instance: exchange.request.path)
    }
    let progress = dispatcher.task(index, of: batch)
    batch.journal.readTasks([index]) { tasks in
      batch.journal.readResult(of: index) { line in
        guard case .success(let tasks) = tasks, case .success(let line) = line else {
          return exchange.respond(.unreadable)
        }
        // One that is not durable may be taken back yet: nobody sees it.
        let result = line.flatMap { $0.seq <= batch.resultCount ? $0 : nil }.map {
          JSONValue(trusted: $0.bytes.dropLast())
        }
        let document = TaskDocument(batch: batch, index: index, task: tasks[index], result: result, progress: progress)
        exchange.respond(json: document.bytes)
      }
    }
  }

  /// Cancels, and answers once all is settled or two seconds have passed; `?purge=true` deletes what has ended.
  func delete(_ id: UUIDv7?, _ exchange: HTTPExchange) throws(Problem) {
    let batch = try find(id, exchange)
    if try RequestQuery(exchange).flag("purge") {
      guard batch.outcome != nil else {
        throw Problem(
          status: 409, code: "batch_runs", title: "The batch still runs",
          detail: "Only an ended batch can be purged; cancel it first with DELETE and no ?purge=.",
          instance: exchange.request.path)
      }
      return book.remove(batch.id) { exchange.respond(status: 204) }
    }
    guard batch.outcome == nil else { return try show(id, exchange) }
    let answer = CancelAnswer(batch, dispatcher, exchange)
    dispatcher.cancel(batch) { answer.isKept = true }
    answer.wait()
  }
}

/// The answer to a cancelling request: given when the batch has ended, or after a while with what is known. Not before
/// the wish is durable, for a coordinator that is started again must know it too.
///
/// Guarded by: the loop's thread. It lives in its batch's followers and its timer.
private final class CancelAnswer: BatchFollower {
  private let batch: BatchRecord
  private let dispatcher: Dispatcher
  private var exchange: HTTPExchange?
  private var timer: LoopTimer?
  /// Whether the wish is durable.
  var isKept = false

  init(_ batch: BatchRecord, _ dispatcher: Dispatcher, _ exchange: HTTPExchange) {
    (self.batch, self.dispatcher, self.exchange) = (batch, dispatcher, exchange)
  }

  func wait() {
    batch.follow(self)
    awaitKeeping()
    batchMoved(batch)
  }

  private func awaitKeeping() {
    timer = dispatcher.loop.schedule(after: CoordinatorLimits.cancelAnswer) { [self] in
      if isKept { return give() }
      guard let trouble = dispatcher.book.journal.engine.trouble else { return awaitKeeping() }
      batch.unfollow(self)
      exchange?.respond(Problem.cancelNotKept(trouble))
      exchange = nil
    }
  }

  func batchMoved(_ batch: BatchRecord) {
    if batch.outcome != nil { give() }
  }

  private func give() {
    batch.unfollow(self)
    timer?.cancel()
    exchange?.respond(json: BatchDocument.bytes(of: batch, dispatcher))
    exchange = nil
  }
}

extension Problem {
  fileprivate static func cancelNotKept(_ trouble: JournalTrouble) -> Problem {
    Problem(
      status: trouble == .full ? 507 : 503, code: trouble == .full ? "no_space" : "journal_failing",
      title: "The batch is being cancelled, and that is not kept yet",
      detail: "Its tasks are stopped. A coordinator that is started again before the journal can be written would not "
        + "know of it: \(trouble.text); then ask again.", retryAfter: 10)
  }
}
