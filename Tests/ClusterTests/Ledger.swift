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

  /// Opens one on a loop of its own, hands it to `body` there, and closes it whatever happens.
  ///
  /// - Parameter delay: before each answer, in which whoever asked may die.
  static func open(delay: Duration, _ body: @escaping @Sendable (Ledger) async throws -> Void) async throws {
    let loop = try EventLoop.start(name: "ledger")
    defer { loop.stop() }
    try await loop.spawn {
      let ledger = try Ledger(loop, delay: delay)
      defer { ledger.server.close() }
      try await body(ledger)
    }.value
  }

  private init(_ loop: EventLoop, delay: Duration) throws {
    (self.loop, self.delay) = (loop, delay)
    server = try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: self)
  }

  var url: String { "http://\(server.localAddress)" }

  func handle(_ exchange: HTTPExchange) {
    guard let index = exchange.request.pathSegments.last.flatMap({ Int($0) }) else {
      return exchange.respond(status: 404)
    }
    counts[index, default: 0] += 1
    total += 1
    loop.schedule(after: delay) { exchange.respond(json: Array("{}".utf8)) }
  }
}
