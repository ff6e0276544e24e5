import Contract
import HTTP
import JSON
import Loop
import Net
import Testing

/// Somebody who is told of batches' ends, on a loop of his own that outlives coordinators.
///
/// Guarded by: his loop's thread.
final class CallbackReceiver: HTTPHandler, @unchecked Sendable {
  struct Call: Sendable {
    let method: String
    let target: String
    let headers: HTTPHeaders
    let body: [UInt8]

    var json: JSONValue { get throws { try JSONValue.parse(body) } }
  }

  private let loop: EventLoop
  private var server: HTTPServer!
  private var calls: [Call] = []
  /// What the next ones are answered; then all are answered 204.
  private var answers: [Int]
  /// What the ones that are refused are told of when to come again.
  private let retryAfter: String?
  /// Nil: each is answered at once.
  private var held: [HTTPExchange]?

  private init(_ loop: EventLoop, _ answers: [Int], _ retryAfter: String?, holds: Bool) throws {
    (self.loop, self.answers, self.retryAfter) = (loop, answers, retryAfter)
    held = holds ? [] : nil
    server = try HTTPServer(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!, handler: self)
  }

  /// - Parameters:
  ///   - answers: the statuses of the first answers.
  ///   - holds: none is given until `release`.
  static func run(
    _ answers: [Int] = [], retryAfter: String? = nil, holds: Bool = false,
    _ story: (CallbackReceiver) async throws -> Void
  ) async throws {
    let loop = try EventLoop.start(name: "receiver")
    defer { loop.stop() }
    let receiver = try await loop.spawn { try CallbackReceiver(loop, answers, retryAfter, holds: holds) }.value
    do {
      try await story(receiver)
      await receiver.close()
    } catch {
      await receiver.close()
      throw error
    }
  }

  private func close() async { _ = await loop.spawn { self.server.close() }.result }

  var url: String { "http://\(server.localAddress)/ended?of=shop" }

  /// The calls so far, whose bodies must be batches as `/openapi.json` says.
  func received() async -> [Call] {
    let calls = await loop.spawn { self.calls }.value
    for call in calls { #expect(DescribedAPI.coordinator.faults(of: call.body, as: "Batch") == []) }
    return calls
  }

  /// Answers all that wait, and every later one at once.
  func release() async {
    _ = await loop.spawn {
      for exchange in self.held ?? [] { exchange.respond(status: 204) }
      self.held = nil
    }.result
  }

  func handle(_ exchange: HTTPExchange) {
    exchange.collectBody(upTo: 1 << 20) { [self] result in
      guard case .success(let body) = result else { return }
      let request = exchange.request
      calls.append(Call(method: request.method, target: request.target, headers: request.headers, body: body))
      if held != nil {
        held?.append(exchange)
      } else {
        let status = answers.isEmpty ? 204 : answers.removeFirst()
        var headers: HTTPHeaders = status / 100 == 3 ? ["Location": "/elsewhere"] : [:]
        if status / 100 == 5, let retryAfter { headers.add("Retry-After", retryAfter) }
        exchange.respond(status: status, headers: headers)
      }
    }
  }
}
