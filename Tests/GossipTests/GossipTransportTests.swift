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
    let (loop, arrivals, transport, address) = try await start(heldLimit: 50_000)
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

  private func start(
    heldLimit: Int, answer: StreamMessage? = nil
  ) async throws -> (EventLoop, Arrivals, GossipTransport, SocketAddress) {
    let loop = try EventLoop.start(name: "transport")
    let arrivals = Arrivals(answer)
    let (transport, address) = try await loop.spawn {
      let transport = GossipTransport(
        loop: loop, timeout: .seconds(60), heldLimit: heldLimit, log: .silent
      ) { [unowned arrivals] in arrivals.take($0) }
      let local = SocketAddress(ip: "127.0.0.1", port: 0)!
      let address = try transport.bind(local, as: Authority(host: "127.0.0.1", port: 0))
      arrivals.transport = transport
      return (transport, address)
    }.value
    return (loop, arrivals, transport, address)
  }

  @Test("answers that nobody reads hold a bounded number of bytes, and who does read gets the whole answer")
  func unreadAnswers() async throws {
    let answer = StreamMessage.pushPull(
      PushPull(isJoin: false, states: [], userState: [UInt8](repeating: 7, count: 12 << 20)))
    let limit = 30 << 20
    let (loop, arrivals, transport, address) = try await start(heldLimit: limit, answer: answer)
    let question = Self.pushPull(userBytes: 1)
    let crowd = try EventLoop.start(name: "strangers")
    for number in 1...20 {
      _ = try await Stranger.connect(to: address, on: crowd, sending: question, reads: false)
      try await waits("each is answered", loop) { arrivals.requests == number }
      #expect(await loop.spawn { transport.heldBytes }.value <= limit)
    }
    // What their kernels take does not count; the rest of twenty answers would be far more.
    #expect(await loop.spawn { transport.garbage.counts["streams_too_large"] ?? 0 }.value > 10)
    let reader = try await Stranger.connect(to: address, sending: question)
    await reader.waitForEnd()
    #expect(await reader.receivedBytes() == answer.encoded.count)
    await loop.spawn { transport.close() }.value
    reader.stop()
    for loop in [crowd, loop] { loop.stop() }
  }

  @Test("peers that never close what they were answered on keep a bounded number of descriptors")
  func lingering() async throws {
    let (loop, arrivals, transport, address) = try await start(heldLimit: 1 << 20, answer: .error("no"))
    let crowd = try EventLoop.start(name: "strangers")
    for number in 1...300 {
      _ = try await Stranger.connect(to: address, on: crowd, sending: Self.pushPull(userBytes: 1))
      try await waits("each is answered", loop) { arrivals.requests == number }
      #expect(await loop.spawn { transport.lingeringCount }.value <= GossipLimits.lingeringStreams)
    }
    #expect(await loop.spawn { transport.lingeringCount }.value > 0)
    await loop.spawn { transport.close() }.value
    for loop in [crowd, loop] { loop.stop() }
  }

  @Test("a storm of connects ends those that say nothing, not the member that is in the middle of its request")
  func storm() async throws {
    let (loop, arrivals, transport, address) = try await start(heldLimit: 1 << 20, answer: .error("no"))
    let message = Self.pushPull(userBytes: 9000)
    let member = try await Stranger.connect(to: address, sending: Array(message.prefix(8000)))
    try await holds(loop, transport, 8000)
    let crowd = try EventLoop.start(name: "strangers")
    for _ in 0..<2 * Swim.Limits.incomingExchanges { _ = try await Stranger.connect(to: address, on: crowd) }
    try await waits("places are short", loop) { transport.garbage.counts["streams_full"] ?? 0 > 0 }
    await member.write(Array(message.dropFirst(8000)))
    await member.waitForEnd()
    #expect(await loop.spawn { arrivals.requests }.value == 1)
    await loop.spawn { transport.close() }.value
    member.stop()
    for loop in [crowd, loop] { loop.stop() }
  }

  private func waits(_ what: String, _ loop: EventLoop, _ condition: @escaping @Sendable () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while await !loop.spawn({ condition() }).value {
      try #require(ContinuousClock.now < deadline, "\(what)")
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  private func holds(_ loop: EventLoop, _ transport: GossipTransport, _ bytes: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while await loop.spawn({ transport.heldBytes }).value < bytes {
      try #require(ContinuousClock.now < deadline, "the bytes do not arrive")
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

/// Counts the requests, and answers each, or closes it where there is no answer.
private final class Arrivals: @unchecked Sendable {
  // Guarded by: the loop's thread.
  var transport: GossipTransport?
  var requests = 0
  private let answer: StreamMessage?

  init(_ answer: StreamMessage?) { self.answer = answer }

  func take(_ arrival: GossipTransport.Arrival) {
    guard case .request(_, let exchange) = arrival else { return }
    requests += 1
    if let answer { transport?.reply(answer, to: exchange) } else { transport?.close(exchange) }
  }
}
