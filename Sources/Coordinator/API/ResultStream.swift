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
    guard !isOver, !isPumping, !awaitsDrain else { return }
    isPumping = true
    defer { isPumping = false }
    for _ in 0..<16 {
      guard exchange.isOpen else { return end() }
      guard !exchange.isCongested else { return waitForDrain() }
      guard step() else { return }
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

  /// Writes the next piece. False when there is none for now.
  private func step() -> Bool {
    let wasOver = batch.outcome != nil
    let wrote =
      switch position {
      case .seq(let seq): writeNext(after: seq)
      case .index(let index): writeNext(from: index)
      }
    if !wrote, wasOver || !follows { finish() }
    return wrote
  }

  private func writeNext(after seq: Int) -> Bool {
    guard seq < batch.resultCount else { return false }
    batch.journal.readResults(after: seq, through: batch.resultCount, upTo: CoordinatorLimits.readBytes) { [self] in
      position = .seq($0.lastSeq)
      exchange.write(selection.isPlain ? $0.bytes : rendered($0, after: seq))
    }
    return true
  }

  private func rendered(_ lines: ResultLines, after seq: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var (start, number) = (0, seq)
    while start < lines.bytes.count {
      let end = (lines.bytes[start...].firstIndex(of: 0x0a) ?? lines.bytes.count - 1) + 1
      number += 1
      if selection.statuses?.contains(batch.journal.status(ofSeq: number)) ?? true {
        selection.render(lines.bytes[start..<end], into: &bytes)
      }
      start = end
    }
    return bytes
  }

  /// In the order of index: waits for the next one while its batch runs, and leaves out what has no result else.
  private func writeNext(from first: Int) -> Bool {
    var (index, bytes, isMissing) = (first, [UInt8](), false)
    while index < batch.total, bytes.count < CoordinatorLimits.readBytes, !isMissing,
      index - first < CoordinatorLimits.resultsPerTurn
    {
      batch.journal.readResult(of: index) { [self] line in
        guard let line else {
          isMissing = follows && batch.outcome == nil
          return
        }
        if wants(line) { selection.render(line, into: &bytes) }
      }
      if !isMissing { index += 1 }
    }
    position = .index(index)
    exchange.write(bytes)
    return index > first
  }

  private func wants(_ line: ArraySlice<UInt8>) -> Bool {
    guard let statuses = selection.statuses else { return true }
    let status = JSONValue(trusted: line.last == 0x0a ? line.dropLast() : line)["status"]?.string
    return statuses.contains { $0.name == status }
  }

  private func finish() {
    if endsWithSummary {
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
