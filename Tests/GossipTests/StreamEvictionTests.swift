import Testing

@testable import Gossip

@Suite("Which stream has to go") struct StreamEvictionTests {
  private struct Stream: EvictableStream {
    let number: UInt64
    var host: [UInt8] = [10, 0, 0, 1]
    var receivedBytes = 1
    var heldBytes = 1
    var isAnswered = false
  }

  @Test("one too many: the oldest of those that have said nothing")
  func silent() {
    let streams = [
      Stream(number: 1), Stream(number: 4, receivedBytes: 0), Stream(number: 2, receivedBytes: 0), Stream(number: 3),
    ]
    #expect(StreamEviction.choose(among: streams)?.number == 2)
  }

  @Test("where all have said something: the oldest of the host that has most")
  func crowded() {
    let other: [UInt8] = [10, 0, 0, 9]
    let streams = [
      Stream(number: 1), Stream(number: 5, host: other), Stream(number: 3, host: other), Stream(number: 4, host: other),
      Stream(number: 2),
    ]
    #expect(StreamEviction.choose(among: streams)?.number == 3)
    #expect(StreamEviction.choose(among: [Stream]()) == nil)
  }

  @Test("too many bytes: the largest that comes in, or where answers hold most of it the one that has waited longest")
  func heavy() {
    let asking = [Stream(number: 1, heldBytes: 5), Stream(number: 2, heldBytes: 90), Stream(number: 3, heldBytes: 7)]
    #expect(StreamEviction.chooseHeavy(among: asking)?.number == 2)
    let answered = [
      Stream(number: 4, heldBytes: 0, isAnswered: true), Stream(number: 6, heldBytes: 100, isAnswered: true),
      Stream(number: 5, heldBytes: 60, isAnswered: true),
    ]
    #expect(StreamEviction.chooseHeavy(among: asking + answered)?.number == 5)
  }
}
