import Batch
import Clockwork
import HTTP
import JSON
import Loop
import Net

/// `/batches/{id}/results` and `/batches/{id}/summary`.
///
/// Guarded by: the loop's thread.
final class ResultEndpoints {
  private let dispatcher: Dispatcher

  init(dispatcher: Dispatcher) { self.dispatcher = dispatcher }

  func list(_ batch: BatchRecord, _ exchange: HTTPExchange) throws(Problem) {
    let query = RequestQuery(exchange)
    let follows = try query.flag("follow")
    let selection = try ResultSelection(query)
    let after = try query.whole("after", in: 0...Int.max, otherwise: 0)
    var order = ResultStream.Order.completion(after: after)
    if try query.choice("order", of: ["completion", "index"]) == "index" {
      guard query["after"] == nil else {
        throw .badRequest("?after= counts in the order of completion; leave it out with ?order=index.")
      }
      order = .index
    }
    ResultStream(exchange, batch, dispatcher, order: order, selection: selection, follows: follows).start()
  }

  func summarize(_ batch: BatchRecord, _ exchange: HTTPExchange) throws(Problem) {
    let fields = RequestQuery(exchange).items.filter { $0.name == "by" }.map { $0.value }
    let by = fields.first
    if fields.count > 1 || by?.contains(",") == true {
      throw .badParameter("by", fields.joined(separator: " and "), "one field, such as value.status")
    }
    Summing(batch, dispatcher, by: by.map { $0.split(separator: ".").map(String.init) } ?? [], exchange).go()
  }
}

/// A summary in the making: looks at a slice of the results each turn of the loop.
///
/// Guarded by: the loop's thread; each turn hands it to the next.
private final class Summing: @unchecked Sendable {
  private let batch: BatchRecord
  private let dispatcher: Dispatcher
  private let exchange: HTTPExchange
  private var summary: ResultSummary
  private var seq = 0

  init(_ batch: BatchRecord, _ dispatcher: Dispatcher, by path: [String], _ exchange: HTTPExchange) {
    (self.batch, self.dispatcher, self.exchange) = (batch, dispatcher, exchange)
    summary = ResultSummary(by: path)
  }

  func go() {
    guard exchange.isOpen else { return }
    guard seq < batch.resultCount else { return answer() }
    let last = batch.resultCount
    batch.journal.readResults(after: seq, through: last, upTo: CoordinatorLimits.readBytes) { [self] read in
      guard case .success(let lines) = read else { return exchange.respond(.unreadable) }
      // Without one, what is left cannot be read: the summary tells of the rest.
      seq = lines.last?.seq ?? last
      for line in lines { summary.take(JSONValue(trusted: line.bytes.dropLast())) }
      exchange.loop.execute { self.go() }
    }
  }

  private func answer() {
    var writer = JSONWriter()
    writer.object {
      $0.member("id", batch.id.text)
      $0.member("state", BatchDocument.state(of: batch))
      $0.member("total", batch.total)
      summary.write(into: &$0)
      $0.object("duration_ms") { BatchDocument.writeDurations(batch.durations, into: &$0) }
    }
    exchange.respond(json: writer.bytes)
  }
}
