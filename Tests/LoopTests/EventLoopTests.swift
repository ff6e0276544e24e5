import Clockwork
import Loop
import Testing

@Suite struct EventLoopTests {
  private final class Seen: @unchecked Sendable {
    // Guarded by: the loop's thread.
    var numbers: [[Int]] = [[], [], [], []]
  }

  /// Runs `body` as a task on a loop of its own.
  private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws
    -> Value
  {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    return try await loop.spawn { () async throws -> Value in try await body(loop) }.value
  }

  @Test("timers fire in the order of their deadlines, equal ones in the order they were set, cancelled ones never")
  func timerOrder() async throws {
    let order: [Int] = try await onLoop { loop in
      await withUnsafeContinuation { continuation in
        let base = loop.now
        var fired: [Int] = []
        var timers: [LoopTimer] = []
        for (number, delay) in [5, 1, 3, 1, 4, 2].enumerated() {
          timers.append(loop.schedule(at: base + .microseconds(delay * 10)) { fired.append(number) })
        }
        timers[4].cancel()
        loop.schedule(at: base + .microseconds(60)) { continuation.resume(returning: fired) }
      }
    }
    #expect(order == [1, 3, 5, 2, 0])
  }

  @Test("a timer that sets another for now leaves the loop its other work, and one that cancels another is heeded")
  func timersInTimers() async throws {
    let loop = try EventLoop.start(name: "timers")
    defer { loop.stop() }
    try await loop.spawn { () async throws in
      var (again, others) = (0, 0)
      func setAgain() {
        loop.schedule(at: loop.now) {
          again += 1
          if again < 100 { setAgain() }
        }
      }
      setAgain()
      while again < 100 {
        await loop.yield()
        others += 1
      }
      #expect(others >= 30)
      var fired: [String] = []
      let now = loop.now
      var second: LoopTimer?
      loop.schedule(at: now) {
        fired.append("first")
        second?.cancel()
      }
      second = loop.schedule(at: now) { fired.append("second") }
      try await loop.sleep(for: .milliseconds(1))
      #expect(fired == ["first"])
    }.value
  }

  @Test("ten thousand timers set and cancelled in a scrambled order leave the rest in order")
  func timerStorm() async throws {
    let isSorted: Bool = try await onLoop { loop in
      await withUnsafeContinuation { continuation in
        var generator = SplitMix64(seed: 1)
        var fired: [Int64] = []
        var timers: [LoopTimer] = []
        for _ in 0..<10_000 {
          let delay = Int64.random(in: 0...20_000_000, using: &generator)
          timers.append(loop.schedule(at: loop.now + .nanoseconds(delay)) { fired.append(delay) })
        }
        timers.shuffle(using: &generator)
        for timer in timers.prefix(5000) { timer.cancel() }
        loop.schedule(at: loop.now + .milliseconds(21)) {
          continuation.resume(returning: fired.count == 5000 && fired == fired.sorted())
        }
      }
    }
    #expect(isSorted)
  }

  @Test("a cancelled sleep ends at once with CancellationError, before and after it began")
  func sleepCancelled() async throws {
    try await onLoop { loop in
      let begun = loop.spawn { () async throws in try await loop.sleep(for: .seconds(3600)) }
      let early = loop.spawn { () async throws in try await loop.sleep(for: .seconds(3600)) }
      early.cancel()
      await loop.yield()
      begun.cancel()
      await #expect(throws: CancellationError.self) { try await begun.value }
      await #expect(throws: CancellationError.self) { try await early.value }
    }
  }

  @Test("work from many threads runs on the loop, each thread's in its order")
  func foreignWork() async throws {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    let seen = Seen()
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<4 {
        group.addTask {
          for number in 0..<1000 {
            loop.execute {
              loop.assertCurrent()
              seen.numbers[thread].append(number)
            }
          }
        }
      }
    }
    let numbers = await loop.spawn { seen.numbers }.value
    #expect(numbers == Array(repeating: Array(0..<1000), count: 4))
  }

  @Test("a loop that was kept from its descriptors says for how long")
  func lag() async throws {
    let lag: Duration = try await onLoop { loop in
      let end = MonotonicClock.now + .milliseconds(30)
      while MonotonicClock.now < end {}
      await loop.yield()
      return loop.lag
    }
    #expect(lag >= .milliseconds(30))
  }
}
