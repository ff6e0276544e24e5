import HTTP
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("Gossip's streams", .timeLimit(.minutes(2))) struct GossipTransportTests {
  /// A push-pull without members whose last part is so many bytes of user state.
  private static func pushPull(userBytes: Int) -> [UInt8] {
    StreamMessage.pushPull(PushPull(isJoin: false, states: [], userState: [UInt8](repeating: 1, count: userBytes)))
      .encoded
  }

  @Test("where all streams together hold too much, the largest ends, not the one that sent last")
  func largestEnds() async throws {
    let loop = try EventLoop.start(name: "transport")
    let arrivals = Arrivals()
    let (transport, address) = try await loop.spawn {
      let transport = GossipTransport(
        loop: loop, timeout: .seconds(60), heldLimit: 50_000, log: .silent
      ) { [unowned arrivals] in arrivals.take($0) }
      let local = SocketAddress(ip: "127.0.0.1", port: 0)!
      let address = try transport.bind(local, as: Authority(host: "127.0.0.1", port: 0))
      arrivals.transport = transport
      return (transport, address)
    }.value
    let small = try await Stranger.connect(to: address)
    let large = try await Stranger.connect(to: address)
    await large.write(Array(Self.pushPull(userBytes: 60_000).prefix(45_000)))
    try await holds(loop, transport, 45_000)
    let message = Self.pushPull(userBytes: 9000)
    await small.write(Array(message.prefix(8000)))
    await large.waitForEnd()
    #expect(await loop.spawn { transport.garbage.counts }.value == ["streams_too_large": 1])
    await small.write(Array(message.dropFirst(8000)))
    await small.waitForEnd()
    #expect(await loop.spawn { arrivals.requests }.value == 1)
    await loop.spawn { transport.close() }.value
    for stranger in [small, large] { stranger.stop() }
    loop.stop()
  }

  private func holds(_ loop: EventLoop, _ transport: GossipTransport, _ bytes: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while await loop.spawn({ transport.heldBytes }).value < bytes {
      try #require(ContinuousClock.now < deadline, "the bytes do not arrive")
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

/// Counts the requests, and closes each.
private final class Arrivals: @unchecked Sendable {
  // Guarded by: the loop's thread.
  var transport: GossipTransport?
  var requests = 0

  func take(_ arrival: GossipTransport.Arrival) {
    guard case .request(_, let exchange) = arrival else { return }
    requests += 1
    transport?.close(exchange)
  }
}
