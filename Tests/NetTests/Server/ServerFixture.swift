import HTTP
import Loop
import Net

/// What a handler saw, for the test to look at.
final class Notes: @unchecked Sendable {
  // Guarded by: the loop's thread.
  var events: [String] = []
  var left = 0
  var exchanges: [HTTPExchange] = []
}

/// A handler made of a closure.
private final class Closure: HTTPHandler, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private let body: (HTTPExchange) -> Void
  init(_ body: @escaping (HTTPExchange) -> Void) { self.body = body }
  func handle(_ exchange: HTTPExchange) { body(exchange) }
}

func withServer(
  names: [String] = [], limits: HTTPServerLimits = HTTPServerLimits(),
  _ handler: @escaping @Sendable (HTTPExchange) -> Void,
  _ body: @escaping @Sendable (HTTPServer, EventLoop) async throws -> Void
) async throws {
  let loop = try EventLoop.start(name: "server")
  defer { loop.stop() }
  try await loop.spawn { () async throws in
    let address = SocketAddress(ip: "127.0.0.1", port: 0)!
    let server = try HTTPServer(loop: loop, address: address, names: names, limits: limits, handler: Closure(handler))
    defer { server.close() }
    try await body(server, loop)
  }.value
}

/// Answers with the method, the path and the body.
let echo: @Sendable (HTTPExchange) -> Void = { exchange in
  exchange.collectBody(upTo: 100_000) { result in
    switch result {
    case .success(let body):
      exchange.respond(
        status: 200, body: Array("\(exchange.request.method) \(exchange.request.path) ".utf8) + body + [33])
    case .failure(let error): exchange.respond(error)
    }
  }
}

extension HTTPExchange {
  /// The whole body, for a handler that is a task.
  func body(upTo limit: Int) async throws -> [UInt8] {
    let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<[UInt8], HTTPError>, Never>) in
      collectBody(upTo: limit) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Suspends while the answer is congested. False when the peer is gone.
  func writable() async -> Bool {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      onDrain { continuation.resume() }
    }
    return isOpen
  }
}
