import Loop
import Testing

/// What an `await` costs on the loop, counted in jobs. A growth here is a regression of the whole data plane: off the
/// budgeted path a resumed continuation travels through the global pool and back, 25 times as slow.
@Suite struct HopBudgetTests {
  private static let rounds = 1000

  private actor Other: LoopActor {
    nonisolated let loop: EventLoop
    private var count = 0
    init(_ loop: EventLoop) { self.loop = loop }
    func bump() { count += 1 }
  }

  /// Enqueues on the loop that `body` costs, beyond those of starting and ending its task.
  private func enqueues(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws -> (
    all: Int, foreign: Int
  ) {
    let loop = try EventLoop.start(name: "hops")
    defer { loop.stop() }
    return try await loop.spawn { () async throws -> (Int, Int) in
      let before = loop.enqueueCounts
      try await body(loop)
      let after = loop.enqueueCounts
      return (after.all - before.all, after.foreign - before.foreign)
    }.value
  }

  @Test("a continuation that a loop callback resumes costs one enqueue, on the loop")
  func resumedContinuation() async throws {
    let counts = try await enqueues { loop in
      for _ in 0..<Self.rounds {
        await withUnsafeContinuation { continuation in loop.execute { continuation.resume() } }
      }
    }
    #expect(counts.all == Self.rounds)
    #expect(counts.foreign == 0)
  }

  @Test("a sleep on the loop's timers costs one enqueue, on the loop")
  func sleep() async throws {
    let counts = try await enqueues { loop in
      for _ in 0..<50 { try await loop.sleep(for: .microseconds(1)) }
    }
    #expect(counts.all == 50)
    #expect(counts.foreign == 0)
  }

  @Test("a call of another actor on the same loop costs none")
  func sameLoopActor() async throws {
    let counts = try await enqueues { loop in
      let other = Other(loop)
      for _ in 0..<Self.rounds { await other.bump() }
    }
    #expect(counts.all == 0)
  }

  @Test("a task starts with one enqueue, and its end wakes its waiter with one more")
  func spawnedTask() async throws {
    let counts = try await enqueues { loop in
      for _ in 0..<Self.rounds { await loop.spawn {}.value }
    }
    #expect(counts.all <= 2 * Self.rounds)
    #expect(counts.foreign == 0)
  }

  @Test("a task that a callback starts with the loop's isolation runs to its end with one enqueue")
  func startedOutsideTasks() async throws {
    let counts = try await enqueues { loop in
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        loop.execute {
          for number in 1...Self.rounds {
            loop.start { (_: isolated LoopIsolation) in
              await Self.step()
              if number == Self.rounds { continuation.resume() }
            }
          }
        }
      }
    }
    // One more resumes the waiter.
    #expect(counts.all == Self.rounds + 1)
    #expect(counts.foreign == 0)
  }

  private static func step() async {}
}
