internal import HTTP
internal import JSON
internal import Net

/// The way out for a shard's results: they are kept, and handed to the exchange of the moment as fast as that takes
/// them. A later exchange takes the place of an earlier one.
///
/// Guarded by: the pool's loop.
final class ShardOutlet {
  enum Event {
    /// The exchange broke before everything was told on it.
    case lost
    /// All that there is was handed over, and the exchange takes more.
    case drained
    /// Everything was handed over, the last line included.
    case served
  }

  private struct Reading {
    let exchange: HTTPExchange
    var waitsForDrain = false
  }

  private enum Reader {
    /// Of what is kept, so much was there when the exchange broke.
    case lost(weightBefore: Int)
    case reading(Reading)
    case served
  }

  private var lines = KeptLines()
  private var reader = Reader.lost(weightBefore: 0)
  /// The number of the last line that was handed over on the exchange of the moment, or of before.
  private var sent = 0
  private var isWhole = false
  private let backlog: Int
  private let onEvent: (Event) -> Void

  /// - Parameter backlog: bytes that may wait while nobody reads, before `isCongested`.
  init(backlog: Int, _ onEvent: @escaping (Event) -> Void) { (self.backlog, self.onEvent) = (backlog, onEvent) }

  var count: Int { lines.count }
  var weight: Int { lines.weight }

  var isReading: Bool { if case .reading = reader { true } else { false } }
  var isLost: Bool { if case .lost = reader { true } else { false } }

  /// Whether the shard should begin no more tasks, for what they give would have to wait here.
  var isCongested: Bool {
    switch reader {
    case .lost(let before): lines.weight - before > backlog
    case .reading(let reading): reading.exchange.isCongested
    case .served: false
    }
  }

  /// The number of a line behind which an answer begins that was asked for an earlier one, which is gone.
  static let startField = "Ignareo-After"

  /// Answers with the lines behind that one, and with those that are still to come. An exchange that is being read
  /// breaks off.
  func attach(_ exchange: HTTPExchange, after number: Int) {
    let former = reader
    let start = max(number, lines.forgotten)
    var headers: HTTPHeaders = ["Content-Type": "application/x-ndjson"]
    if start > number { headers.add(Self.startField, String(start)) }
    sent = start
    reader = .reading(Reading(exchange: exchange))
    if case .reading(let reading) = former { reading.exchange.abort() }
    exchange.startStream(status: 200, headers: headers)
    exchange.onAbort { [weak self, weak exchange] in self?.lose(exchange) }
    guard exchange.isOpen else { return lose(exchange) }
    handOver()
  }

  func append(_ bytes: [UInt8], count: Int) {
    lines.append(bytes, count: count)
    handOver()
  }

  /// No more lines come.
  func close() {
    isWhole = true
    handOver()
  }

  /// A line that is not kept. Nothing is lost when the exchange has no room for it: the next one says it better.
  func mention(_ line: [UInt8]) {
    guard case .reading(let reading) = reader, sent == lines.count, !reading.exchange.isCongested else {
      return
    }
    reading.exchange.write(line)
    // Who asks now whether there is room, and finds none, waits for the next drain.
    if reading.exchange.isCongested { waitForDrain(reading) }
  }

  /// What `forgetSent` could free.
  var sentWeight: Int { lines.weight(through: sent) }

  /// Lets go of what was handed over, the oldest first, until no more than so many bytes are left.
  func forgetSent(downTo limit: Int) { lines.forget(through: sent, downTo: limit) }

  /// Breaks off an exchange that is being read.
  func cut() {
    guard case .reading(let reading) = reader else { return }
    reader = .lost(weightBefore: lines.weight)
    reading.exchange.abort()
  }

  private func lose(_ exchange: HTTPExchange?) {
    guard case .reading(let reading) = reader, reading.exchange === exchange else { return }
    reader = .lost(weightBefore: lines.weight)
    onEvent(.lost)
  }

  private func handOver() {
    while case .reading(let reading) = reader, !reading.exchange.isCongested, let next = lines.next(after: sent) {
      sent = next.last
      reading.exchange.write(next.bytes)
    }
    guard case .reading(let reading) = reader else { return }
    if sent == lines.count {
      if isWhole { return finish(reading.exchange) }
      if !reading.exchange.isCongested { return onEvent(.drained) }
    }
    waitForDrain(reading)
  }

  private func finish(_ exchange: HTTPExchange) {
    reader = .served
    exchange.write(Self.end)
    exchange.finish()
    onEvent(.served)
  }

  private static let end = Array("{\"end\":true}\n".utf8)

  private func waitForDrain(_ reading: Reading) {
    guard !reading.waitsForDrain else { return }
    var reading = reading
    reading.waitsForDrain = true
    reader = .reading(reading)
    reading.exchange.onDrain { [weak self, weak exchange = reading.exchange] in self?.drained(exchange) }
  }

  private func drained(_ exchange: HTTPExchange?) {
    guard case .reading(var reading) = reader, reading.exchange === exchange else { return }
    reading.waitsForDrain = false
    reader = .reading(reading)
    handOver()
  }
}
