import Clockwork
import HTTP
import Loop
import Testing

@testable import Net

@Suite("Places shared by several clients")
struct SharedPlacesTests {
  /// A server on a loop of its own that keeps each request for a moment, and clients on loops of theirs.
  private final class Bench: @unchecked Sendable {
    let home: EventLoop
    let loops: [EventLoop]
    private(set) var clients: [HTTPClient] = []
    private(set) var shared: SharedPlaces?
    private(set) var server: ScriptedServer!
    // Guarded by: the home loop's thread.
    private(set) var running = 0
    private(set) var peak = 0
    private(set) var order: [String] = []

    init(clients count: Int) throws {
      home = try EventLoop.start(name: "places-home")
      loops = try (0..<count).map { try EventLoop.start(name: "places-\($0)") }
    }

    func open(limit: Int, holding: Duration) async throws {
      var configuration = HTTPClientConfiguration()
      (configuration.maxConnectionsPerHost, shared) = SharedPlaces.divide(limit, among: loops.count, on: home)
      configuration.sharedPlaces = shared
      for loop in loops {
        clients.append(
          await loop.spawn { [configuration] in HTTPClient(loop: loop, configuration: configuration) }.value)
      }
      try await home.spawn { [self] in
        server = try ScriptedServer(home) { [unowned self] connection, request in
          running += 1
          peak = max(peak, running)
          order.append(request.target)
          home.schedule(after: holding) { [unowned self] in
            running -= 1
            connection.send(body: "x")
          }
        }
      }.value
    }

    func fetch(_ count: Int, by number: Int) -> Task<Int, Never> {
      let (loop, client) = (loops[number], clients[number])
      let url = server.url("/\(number)")
      return loop.spawn {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Int, Never>) in
          var (left, succeeded) = (count, 0)
          for _ in 0..<count {
            client.start(HTTPClientRequest(url), onBody: { _ in }) {
              if case .success = $0 { succeeded += 1 }
              left -= 1
              if left == 0 { continuation.resume(returning: succeeded) }
            }
          }
        }
      }
    }

    func close() async {
      for (loop, client) in zip(loops, clients) { await loop.spawn { client.close() }.value }
      await home.spawn { [self] in server?.close() }.value
      for loop in loops + [home] { loop.stop() }
    }

    func onHome<Value: Sendable>(_ body: @escaping @Sendable (Bench) -> Value) async -> Value {
      await home.spawn { body(self) }.value
    }
  }

  @Test("the limit holds over all of them, whether it can be divided or not", arguments: [1, 2, 3, 5, 6])
  func limit(limit: Int) async throws {
    let bench = try Bench(clients: 3)
    try await bench.open(limit: limit, holding: .milliseconds(1))
    let fetches = (0..<3).map { bench.fetch(20, by: $0) }
    for fetch in fetches { #expect(await fetch.value == 20) }
    #expect(await bench.onHome { $0.peak } <= limit)
    // What was lent has come back.
    let deadline = MonotonicClock.now + .seconds(10)
    while await bench.onHome({ $0.shared?.hostCount ?? 0 }) > 0 { #expect(MonotonicClock.now < deadline) }
    await bench.close()
  }

  @Test("one that always has work does not keep the others waiting")
  func turns() async throws {
    let bench = try Bench(clients: 2)
    try await bench.open(limit: 1, holding: .milliseconds(1))
    let busy = bench.fetch(40, by: 0)
    while await bench.onHome({ $0.order.isEmpty }) {}
    #expect(await bench.fetch(1, by: 1).value == 1)
    // It came to its turn long before the forty were through.
    #expect(await bench.onHome { $0.order.firstIndex(of: "/1") ?? .max } < 20)
    #expect(await busy.value == 40)
    await bench.close()
  }

  @Test("a client that closes gives back what it had, and what is granted to it later")
  func closed() async throws {
    let bench = try Bench(clients: 2)
    try await bench.open(limit: 1, holding: .seconds(30))
    let held = bench.fetch(1, by: 0)
    while await bench.onHome({ $0.order.isEmpty }) {}
    let waiting = bench.fetch(1, by: 1)
    let (loops, clients) = (bench.loops, bench.clients)
    await loops[1].spawn { clients[1].close() }.value
    #expect(await waiting.value == 0)
    await loops[0].spawn { clients[0].close() }.value
    #expect(await held.value == 0)
    let deadline = MonotonicClock.now + .seconds(10)
    while await bench.onHome({ $0.shared?.hostCount ?? 0 }) > 0 { #expect(MonotonicClock.now < deadline) }
    await bench.close()
  }

  @Test("a division without a rest shares nothing")
  func even() throws {
    let loop = try EventLoop.start(name: "places-even")
    defer { loop.stop() }
    #expect(SharedPlaces.divide(256, among: 2, on: loop).own == 128)
    #expect(SharedPlaces.divide(256, among: 2, on: loop).shared == nil)
    #expect(SharedPlaces.divide(7, among: 1, on: loop).shared == nil)
    #expect(SharedPlaces.divide(7, among: 2, on: loop).own == 3)
  }
}
