import Batch
import Clockwork
import HTTP
import JSON
import Loop
import Net

/// Results on their way to a reader, in the order of completion or of index.
///
/// Nothing is queued for a reader: when he has taken what was written, the next piece is read from the journal. One who
/// stalls holds nobody up.
/// Guarded by: the loop's thread. The exchange and the batch's followers keep it alive.
final class ResultStream: BatchFollower, @unchecked Sendable {
  enum Order { case completion(after: Int), index }

  private enum Position {
    /// The results up to this `seq` were written.
    case seq(Int)
    /// The results below this index were written.
    case index(Int)
  }

  private let exchange: HTTPExchange
  private let batch: BatchRecord
  private let dispatcher: Dispatcher
  private let selection: ResultSelection
  private let follows: Bool
  private let endsWithSummary: Bool
  private var position: Position
  private var isOver = false
  private var isPumping = false
  private var awaitsDrain = false
  /// The journal has been asked for the next piece.
  private var isReading = false
  private var failedReads = 0

  init(
    _ exchange: HTTPExchange, _ batch: BatchRecord, _ dispatcher: Dispatcher,
    order: Order = .completion(after: 0), selection: ResultSelection = .all, follows: Bool,
    endsWithSummary: Bool = false
  ) {
    (self.exchange, self.batch, self.dispatcher, self.selection) = (exchange, batch, dispatcher, selection)
    (self.follows, self.endsWithSummary) = (follows, endsWithSummary)
    position =
      switch order {
      case .completion(let after): .seq(after)
      case .index: .index(0)
      }
  }

  func start(headers: HTTPHeaders = [:]) {
    var headers = headers
    headers.add("Content-Type", selection.contentType)
    headers.add("Cache-Control", "no-store")
    // Who asks for the head alone is not kept waiting for the body's end.
    guard !exchange.request.methodIs("HEAD") else { return exchange.respond(status: 200, headers: headers) }
    exchange.startStream(status: 200, headers: headers)
    dispatcher.readers += 1
    exchange.onAbort { [self] in end() }
    exchange.write(selection.header)
    if follows { batch.follow(self) }
    pump()
  }

  func batchMoved(_ batch: BatchRecord) { pump() }

  /// Writes as much as the reader takes, in turns, so that a long stream does not hold up the loop.
  private func pump() {
    guard !isOver, !isPumping, !awaitsDrain, !isReading else { return }
    isPumping = true
    defer { isPumping = false }
    for _ in 0..<16 {
      guard exchange.isOpen else { return end() }
      guard !exchange.isCongested else { return waitForDrain() }
      guard step(), !isReading else { return }
    }
    awaitsDrain = true
    exchange.loop.execute { [self] in
      awaitsDrain = false
      pump()
    }
  }

  private func waitForDrain() {
    awaitsDrain = true
    exchange.onDrain { [self] in
      awaitsDrain = false
      pump()
    }
  }

  /// Asks for the next piece. False when there is none for now.
  private func step() -> Bool {
    // What ends without its batch is no end for its reader, who asks again: nobody waits here for tasks that may come.
    let wasOver = batch.outcome != nil || dispatcher.isDraining && batch.isIdle
    let hasNext =
      switch position {
      case .seq(let seq): readNext(after: seq)
      case .index(let index): readNext(from: index)
      }
    if !hasNext, wasOver || !follows { finish() }
    return hasNext
  }

  private func readNext(after seq: Int) -> Bool {
    let last = batch.resultCount
    guard seq < last else { return false }
    isReading = true
    batch.journal.readResults(after: seq, through: last, upTo: CoordinatorLimits.readBytes) { [self] read in
      guard case .success(let lines) = read else { return readLater() }
      position = .seq(lines.last?.seq ?? last)
      take(lines)
    }
    return true
  }

  /// In the order of index: waits for the next one while its batch runs, and leaves out what has no result else.
  private func readNext(from first: Int) -> Bool {
    let last = batch.resultCount
    var range = first..<min(batch.total, first + batch.journal.resultsPerRead(of: CoordinatorLimits.readBytes))
    if follows, batch.outcome == nil { range = first..<batch.journal.firstWithoutResult(in: range, through: last) }
    guard !range.isEmpty else { return false }
    isReading = true
    batch.journal.readResults(of: range, upTo: CoordinatorLimits.readBytes) { [self] read in
      guard case .success(let (lines, next)) = read else { return readLater() }
      position = .index(next)
      // What is not durable yet is not there for a reader.
      take(lines.filter { $0.seq <= last })
    }
    return true
  }

  /// The journal could not be read. An answer that breaks off tells its reader that he has not got all.
  private func readLater() {
    failedReads += 1
    guard failedReads < CoordinatorLimits.readTries else {
      end()
      return exchange.abort()
    }
    exchange.loop.schedule(after: CoordinatorLimits.readRetry) { [self] in
      isReading = false
      pump()
    }
  }

  private func take(_ lines: [ResultLine]) {
    (isReading, failedReads) = (false, 0)
    var bytes: [UInt8] = []
    for line in lines where selection.statuses?.contains(line.status) ?? true {
      if selection.isPlain { bytes += line.bytes } else { selection.render(line.bytes, into: &bytes) }
    }
    exchange.write(bytes)
    if !isPumping { pump() }
  }

  private func finish() {
    if endsWithSummary, batch.outcome != nil {
      var writer = JSONWriter()
      writer.object { $0.member("summary") { BatchDocument.write(batch, dispatcher, into: &$0) } }
      writer.endLine()
      exchange.write(writer.bytes)
    }
    end()
    exchange.finish()
  }

  private func end() {
    guard !isOver else { return }
    isOver = true
    dispatcher.readers -= 1
    batch.unfollow(self)
  }
}
