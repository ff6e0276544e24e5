import Clockwork
import JSON
import Testing

@testable import Ignareo

@Suite("The parts of a worker's pool") struct WorkerPartTests {
  private func cut(_ text: String, limit: Int, pieces size: Int) -> [String] {
    let bytes = Array(text.utf8)
    var lines = CutLines(limit: limit)
    var found: [String] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      lines.take(bytes[start..<min(start + size, bytes.count)].span) { found.append($0) }
    }
    lines.finish { found.append($0) }
    return found
  }

  @Test("lines are cut alike in whatever pieces they come", arguments: [1, 2, 3, 100])
  func cutLines(_ size: Int) {
    #expect(cut("a\n\nbc\r\ndef", limit: 100, pieces: size) == ["a", "bc", "def"])
    #expect(cut("12345\n123456\n1234567890", limit: 5, pieces: size) == ["12345", "12345…", "12345…"])
    #expect(cut("", limit: 5, pieces: size) == [])
  }

  @Test("so many lines a second are allowed, the others are counted, and the sum is due when the second is over")
  func allowance() {
    var allowance = LineAllowance(linesASecond: 2)
    let start = Instant.zero + .seconds(10)
    #expect(allowance.take(at: start) == .line)
    #expect(allowance.take(at: start + .milliseconds(1)) == .line)
    #expect(allowance.take(at: start + .milliseconds(2)) == .leftOut(sumDue: start + .seconds(1)))
    #expect(allowance.take(at: start + .milliseconds(999)) == .leftOut(sumDue: nil))
    #expect(allowance.takeSum() == 2 && allowance.takeSum() == 0)
    #expect(allowance.take(at: start + .seconds(1)) == .line)
  }

  @Test("the pause doubles up to its bound, at random below that, and an answer makes it short again")
  func backoff() {
    var limits = WorkerLimits()
    (limits.firstBackoff, limits.longestBackoff) = (.milliseconds(100), .seconds(30))
    var generator = SplitMix64(seed: 7)
    var longest = [Duration](repeating: .zero, count: 40)
    for _ in 0..<200 {
      var backoff = WorkerBackoff(limits)
      for death in longest.indices {
        #expect(backoff.isHopeless == (death >= Limits.workerDeaths))
        longest[death] = max(longest[death], backoff.noteDeath(&generator))
      }
      backoff.noteAnswer()
      #expect(!backoff.isHopeless && backoff.noteDeath(&generator) <= .milliseconds(100))
    }
    for (death, pause) in longest.enumerated() {
      let bound = min(Duration.seconds(30), .milliseconds(100) * (1 << min(death, 20)))
      #expect(pause <= bound && pause > bound / 2)
    }
  }

  @Test("a queue gives its calls in order, those that came back first, and forgets those that left")
  func queue() {
    var queue = WorkerQueue()
    let calls = (0..<5).map { _ in WorkerCall(.null) }
    let places = calls.prefix(3).map { queue.append($0) }
    queue.remove(at: places[1])
    _ = queue.prepend(calls[4])
    _ = queue.prepend(calls[3])
    #expect(queue.count == 4)
    for expected in [3, 4, 0, 2] { #expect(queue.popFirst() === calls[expected]) }
    #expect(queue.isEmpty && queue.popFirst() == nil)
    _ = queue.append(calls[1])
    #expect(queue.popFirst() === calls[1])
  }

  @Test("what a process held is told apart by whether it had read its line to the end")
  func held() {
    var held = HeldCalls()
    let calls = (0..<4).map { _ in WorkerCall(.null) }
    for (number, call) in calls.enumerated() { held.add(call, id: number + 1, lineEnd: 10 * (number + 1)) }
    #expect(held.take(2) === calls[1] && held.take(2) == nil && held.count == 3)
    let (read, unread) = held.takeAll(readBytes: 29)
    #expect(read.map(ObjectIdentifier.init) == [calls[0]].map(ObjectIdentifier.init))
    #expect(unread.map(ObjectIdentifier.init) == [calls[2], calls[3]].map(ObjectIdentifier.init))
    #expect(held.count == 0)
  }
}
