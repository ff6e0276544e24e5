import Clockwork
import Testing

@testable import Swim

@Suite("the queue of news")
struct BroadcastQueueTests {
  private func news(_ name: String, _ metaBytes: Int = 0) -> Message {
    .alive(
      Alive(
        incarnation: 1, node: name, address: Lab.home, meta: Array(repeating: 7, count: metaBytes), versions: .plain))
  }

  private func names(_ messages: [Message]) -> [String] {
    messages.compactMap { if case .alive(let claim) = $0 { claim.node } else { nil } }
  }

  @Test("newer news about a member replaces what was queued")
  func replaced() {
    var queue = BroadcastQueue()
    queue.put(news("a"), about: "a")
    queue.put(.dead(Lab.accusation("a", by: "x")), about: "a")
    #expect(queue.take(room: 1400, parts: 127, limit: 4) == [.dead(Lab.accusation("a", by: "x"))])
    #expect(queue.count == 1)
  }

  @Test("each message is taken as often as the limit says")
  func limit() {
    var queue = BroadcastQueue()
    queue.put(news("a"), about: "a")
    queue.put(news("b"), about: "b")
    for _ in 0..<3 { #expect(queue.take(room: 1400, parts: 127, limit: 3).count == 2) }
    #expect(queue.isEmpty)
    #expect(!queue.contains("a"))
  }

  @Test("what was sent least goes first, then the longest, then the newest")
  func order() {
    var queue = BroadcastQueue()
    for name in ["a", "b"] { queue.put(news(name), about: name) }
    #expect(names(queue.take(room: 1400, parts: 127, limit: 9)) == ["b", "a"])
    for (name, size) in [("c", 0), ("d", 40), ("e", 0)] { queue.put(news(name, size), about: name) }
    #expect(names(queue.take(room: 1400, parts: 127, limit: 9)) == ["d", "e", "c", "b", "a"])
  }

  @Test("a message that does not fit waits, and a shorter one goes in its place")
  func fit() {
    var queue = BroadcastQueue()
    queue.put(news("long", 300), about: "long")
    queue.put(news("s1"), about: "s1")
    queue.put(news("s2"), about: "s2")
    let size = news("s1").encoded.count + Packet.partBytes
    #expect(names(queue.take(room: 2 * size, parts: 127, limit: 9)) == ["s2", "s1"])
    #expect(names(queue.take(room: 1400, parts: 1, limit: 9)) == ["long"])
  }

  @Test("ten thousand news drain in order of their sends")
  func many() {
    var queue = BroadcastQueue()
    for number in 0..<10_000 { queue.put(news("n\(number)", number % 7), about: "n\(number)") }
    var taken = 0
    while !queue.isEmpty { taken += queue.take(room: 1398, parts: 127, limit: 2).count }
    #expect(taken == 20_000)
  }
}
