import Clockwork
import HTTP
import Loop
import Net

@testable import Main

/// A coordinator that answers as a test says.
final class FakeCoordinator: HTTPHandler, @unchecked Sendable {
  // Guarded by: the loop's thread, on which the server calls and the tests' bodies run.
  private let answer: (HTTPExchange) -> Void
  private(set) var targets: [String] = []
  private var server: HTTPServer?

  private init(_ answer: @escaping (HTTPExchange) -> Void) { self.answer = answer }

  func handle(_ exchange: HTTPExchange) {
    targets.append(exchange.request.target)
    answer(exchange)
  }

  /// Cuts every connection off in the middle of whatever it is at.
  func cutConnections() {
    guard let old = server else { return }
    let address = old.localAddress
    old.close()
    server = nil
    do { server = try HTTPServer(loop: old.loop, address: address, handler: self) } catch { server = nil }
  }

  /// Runs `body` on a loop on this thread, with a client of a coordinator that answers so.
  static func serve<Value: Sendable>(
    _ answer: @escaping @Sendable (HTTPExchange, FakeCoordinator) -> Void,
    _ body: @escaping @Sendable (ClusterClient, FakeCoordinator) async throws -> Value
  ) throws -> Value {
    try runOnLoop { loop in
      weak var itself: FakeCoordinator?
      let fake = FakeCoordinator { answer($0, itself!) }
      itself = fake
      let server = try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: fake)
      fake.server = server
      let http = HTTPClient(loop: loop)
      defer {
        http.close()
        fake.server?.close()
      }
      return try await body(ClusterClient(loop: loop, http: http, base: "http://\(server.localAddress)"), fake)
    }
  }
}

extension HTTPExchange {
  func respond(text: String, status: Int = 200) { respond(status: status, json: Array(text.utf8)) }
}
