import Clockwork
import HTTP
import JSON
import Loop
import Net

/// `/batches/{id}/events`: a batch's progress as server-sent events (WHATWG HTML, section 9.2), at most four a second,
/// and a last one of the kind `end`.
///
/// Guarded by: the loop's thread. The exchange and the batch's followers keep it alive.
final class EventStream: BatchFollower, @unchecked Sendable {
  private static let interval: Duration = .milliseconds(250)
  /// So that proxies between do not take a quiet stream for a dead one.
  private static let heartbeat: Duration = .seconds(15)

  private let exchange: HTTPExchange
  private let batch: BatchRecord
  private let dispatcher: Dispatcher
  private var timer: LoopTimer?
  private var sentAt = Instant.zero

  static func start(_ batch: BatchRecord, _ dispatcher: Dispatcher, _ exchange: HTTPExchange) {
    EventStream(batch, dispatcher, exchange).start()
  }

  private init(_ batch: BatchRecord, _ dispatcher: Dispatcher, _ exchange: HTTPExchange) {
    (self.batch, self.dispatcher, self.exchange) = (batch, dispatcher, exchange)
  }

  private func start() {
    let headers: HTTPHeaders = ["Content-Type": "text/event-stream", "Cache-Control": "no-store"]
    guard !exchange.request.methodIs("HEAD") else { return exchange.respond(status: 200, headers: headers) }
    exchange.startStream(status: 200, headers: headers)
    exchange.onAbort { [self] in end() }
    batch.follow(self)
    tell()
  }

  func batchMoved(_ batch: BatchRecord) {
    if batch.outcome != nil {
      tell()
    } else {
      wait(for: max(.zero, sentAt + Self.interval - exchange.loop.now), isHeartbeat: false)
    }
  }

  private func tell() {
    let isLast = batch.outcome != nil
    // Who does not keep up skips what is between.
    if isLast || !exchange.isCongested {
      var bytes = Array("event: \(isLast ? "end" : "progress")\ndata: ".utf8)
      bytes += BatchDocument.bytes(of: batch, dispatcher)
      bytes += "\n\n".utf8
      exchange.write(bytes)
    }
    sentAt = exchange.loop.now
    if isLast {
      end()
      exchange.finish()
    } else {
      timer?.cancel()
      timer = nil
      wait(for: Self.heartbeat, isHeartbeat: true)
    }
  }

  private func wait(for delay: Duration, isHeartbeat: Bool) {
    if let timer, timer.isPending, !isHeartbeat, isSoon { return }
    timer?.cancel()
    isSoon = !isHeartbeat
    timer = exchange.loop.schedule(after: delay) { [self] in
      isSoon = false
      tell()
    }
  }

  /// Whether the timer that is set is for news, not for a heartbeat.
  private var isSoon = false

  private func end() {
    batch.unfollow(self)
    timer?.cancel()
  }
}
