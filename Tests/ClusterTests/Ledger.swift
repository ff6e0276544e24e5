import HTTP
import Loop
import Net

/// A server that counts what tasks did: each request names its task's index. Knows nothing of clusters.
final class Ledger: HTTPHandler, @unchecked Sendable {
  // Guarded by: the loop's thread.
  let loop: EventLoop
  private var server: HTTPServer!
  private let delay: Duration
  /// By index, how often a request of its task has come.
  private(set) var counts: [Int: Int] = [:]
  private(set) var total = 0
  /// By index, the addresses from which they came.
  private(set) var callers: [Int: [String]] = [:]
  /// Requests whose answer waits for `release`; nil while none has to.
  private var held: [HTTPExchange]?

  /// Opens one on a loop of its own, hands it to `body` there, and closes it whatever happens.
  ///
  /// - Parameters:
  ///   - delay: before each answer, in which whoever asked may die.
  ///   - host: the address that it listens on.
  static func open(
    delay: Duration, host: String = "127.0.0.1", _ body: @escaping @Sendable (Ledger) async throws -> Void
  ) async throws {
    let loop = try EventLoop.start(name: "ledger")
    defer { loop.stop() }
    try await loop.spawn {
      let ledger = try Ledger(loop, delay: delay, host)
      defer { ledger.server.close() }
      try await body(ledger)
    }.value
  }

  private init(_ loop: EventLoop, delay: Duration, _ host: String) throws {
    (self.loop, self.delay) = (loop, delay)
    server = try HTTPServer(loop: loop, address: SocketAddress(ip: host, port: 0)!, handler: self)
  }

  var url: String { "http://\(server.localAddress)" }

  func handle(_ exchange: HTTPExchange) {
    guard let index = exchange.request.pathSegments.last.flatMap({ Int($0) }) else {
      return exchange.respond(status: 404)
    }
    counts[index, default: 0] += 1
    total += 1
    callers[index, default: []].append(exchange.peer.ip)
    if held != nil {
      held?.append(exchange)
    } else {
      loop.schedule(after: delay) { Self.answer(exchange) }
    }
  }

  private static func answer(_ exchange: HTTPExchange) { exchange.respond(json: Array("{}".utf8)) }

  // MARK: Answers that wait for the test

  /// From now on each answer waits.
  func hold() { held = held ?? [] }

  /// Answers those that wait; the next ones wait again.
  func answerHeld() {
    for exchange in held ?? [] { Self.answer(exchange) }
    held = []
  }

  /// Answers all, from now on too.
  func release() {
    answerHeld()
    held = nil
  }
}
