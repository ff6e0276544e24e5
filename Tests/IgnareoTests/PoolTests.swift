import Clockwork
import JSON
import Loop
import Testing

@testable import Ignareo

@Suite("The pool", .timeLimit(.minutes(2)))
struct PoolTests {
  @Test("a task runs and its result is kept")
  func runs() async throws {
    try await withPool { pool in
      let record = try pool.add(#"{"task":"echo","args":{"a":[1,2]}}"#)
      #expect(record.place == .running)
      #expect(try await pool.end(of: record).value?.text == #"{"a":[1,2]}"#)
      #expect(pool[record.id] === record)
      #expect(pool.table[.ok].count == 1)
    }
  }

  @Test("as many run as there are places, as many again wait, and more are refused")
  func capacity() async throws {
    try await withPool(capacity: 3) { pool in
      let records = try (0..<6).map { _ in try pool.add(#"{"task":"sleep","args":{"seconds":60}}"#) }
      #expect(pool.table.running == 3)
      #expect(pool.table.queued == 3)
      #expect(throws: PoolRefusal.full(capacity: 3, room: 0, tasks: 1)) { try pool.add(#"{"task":"echo"}"#) }
      pool.cancel(records[0])
      #expect(try await pool.end(of: records[0]).isCancelled)
      #expect(records[3].place == .running)
      #expect(pool.table.queued == 2)
      _ = try pool.add(#"{"task":"echo"}"#)
    }
  }

  @Test("tasks are spread over the loops, each on the one with the fewest")
  func spread() async throws {
    var types = TaskTypes()
    let notebook = Notebook()
    types.register("where", repeatable: true, summary: "says on which loop it runs") { (_: Int, context) in
      await notebook.note(context.runner.loop.name)
      try await context.sleep(.seconds(60))
      return context.runner.loop.name
    }
    try await withPool(loops: 3, capacity: 9, types: types) { pool in
      let records = try (0..<9).map { _ in try pool.add(#"{"task":"where","args":1}"#) }
      for _ in 0..<5000 where await notebook.lines.count < 9 { try await pool.loop.sleep(for: .milliseconds(2)) }
      let places = Dictionary(grouping: await notebook.lines) { $0 }.mapValues(\.count)
      #expect(places == ["pool-test-0": 3, "pool-test-1": 3, "pool-test-2": 3])
      for record in records { pool.cancel(record) }
      for record in records { #expect(try await pool.end(of: record).isCancelled) }
    }
  }

  @Test("an attempt that takes too long ends with the code timeout")
  func timeout() async throws {
    try await withPool { pool in
      let failure = try await pool.run(#"{"task":"sleep","args":{"seconds":60},"timeout_s":0.02}"#).failure
      #expect(failure?.code == .timeout)
      #expect(failure?.isRetryable == true)
    }
  }

  @Test("a task that fails is tried again until it succeeds or its attempts are made")
  func attempts() async throws {
    try await withPool { pool in
      let record = try pool.add(#"{"task":"fail","args":{"times":2},"attempts":3}"#)
      #expect(try await pool.end(of: record).value?.text == #"{"attempt":3}"#)
      #expect(record.attemptsBegun == 3)
      let hopeless = try pool.add(#"{"task":"fail","args":{"code":"assertion"},"attempts":2}"#)
      #expect(try await pool.end(of: hopeless).failure?.code == .assertion)
      #expect(hopeless.attemptsBegun == 2)
    }
  }

  @Test("what may have taken effect is tried again only if it is repeatable")
  func repeatable() async throws {
    try await withPool { pool in
      let once = try pool.add(
        #"{"task":"sleep","args":{"seconds":9},"timeout_s":0.01,"attempts":3,"repeatable":false}"#)
      #expect(try await pool.end(of: once).failure?.code == .timeout)
      #expect(once.attemptsBegun == 1)
      let harmless = try pool.add(#"{"task":"fail","args":{"code":"dns"},"attempts":2,"repeatable":false}"#)
      _ = try await pool.end(of: harmless)
      #expect(harmless.attemptsBegun == 2)
    }
  }

  @Test("a task that waits for its next attempt can be cancelled")
  func cancelInBackoff() async throws {
    try await withPool { pool in
      // The third pause may last almost a second; the task is cancelled in one of the pauses.
      let record = try pool.add(#"{"task":"fail","attempts":1000}"#)
      try await eventually(pool.loop, "a pause between attempts") { record.place == .backingOff }
      pool.cancel(record)
      #expect(try await pool.end(of: record).isCancelled)
      #expect(pool.table.queued == 0)
    }
  }

  @Test("a task that ignores its cancellation gives its place back only when it ends")
  func ignoresCancellation() async throws {
    var types = TaskTypes()
    let gate = Gate()
    let notebook = Notebook()
    types.register("stubborn", repeatable: true, summary: "cannot be stopped") { (number: Int, _) in
      await notebook.note("\(number) runs")
      await gate.wait()
      return 1
    }
    try await withPool(capacity: 1, types: types, patience: .milliseconds(20)) { pool in
      let record = try pool.add(#"{"task":"stubborn","args":1}"#)
      while await notebook.lines.isEmpty { try await pool.loop.sleep(for: .milliseconds(2)) }
      pool.cancel(record)
      #expect(try await pool.end(of: record).isCancelled)
      let next = try pool.add(#"{"task":"stubborn","args":2}"#)
      #expect(next.place == .queued)
      await gate.open()
      #expect(try await pool.end(of: next).value?.int == 1)
    }
  }

  @Test("a draining pool takes nothing new and is idle when all has ended")
  func drain() async throws {
    try await withPool { pool in
      let record = try pool.add(#"{"task":"sleep","args":{"seconds":0.02}}"#)
      await withUnsafeContinuation { (idle: UnsafeContinuation<Void, Never>) in
        pool.drain { idle.resume() }
        #expect(throws: PoolRefusal.draining) { try pool.add(#"{"task":"echo"}"#) }
      }
      #expect(record.hasEnded)
    }
  }

  @Test("a drain is over when the last task that waits is cancelled")
  func cancelWhileDraining() async throws {
    try await withPool { pool in
      let record = try pool.add(#"{"task":"fail","attempts":1000}"#)
      try await eventually(pool.loop, "a pause between attempts") { record.place == .backingOff }
      nonisolated(unsafe) var isIdle = false
      pool.drain { isIdle = true }
      #expect(!isIdle)
      pool.cancel(record)
      #expect(isIdle)
    }
  }

  @Test("a task that is cancelled before its loop came to it never begins")
  func cancelBeforeBegin() async throws {
    try await withPool(capacity: 1_000) { pool in
      let draft = try TaskDraft(try JSONValue.parse(#"{"task":"sleep","args":{"seconds":60}}"#), types: pool.types)
      let records = pool.register(Array(repeating: draft, count: 1_000))
      for record in records { pool.cancel(record) }
      for record in records {
        #expect(try await pool.end(of: record).isCancelled)
        #expect(record.firstStart == nil)
      }
      #expect(try await pool.run(#"{"task":"echo","args":1}"#).value?.int == 1)
    }
  }

  @Test("an attempt's duration is that of its body: the wait for a busy loop counts as queued")
  func duration() async throws {
    try await withPool(capacity: 2_000) { pool in
      let draft = try TaskDraft(try JSONValue.parse(#"{"task":"echo","args":1}"#), types: pool.types)
      let start = MonotonicClock.now
      let records = pool.register(Array(repeating: draft, count: 2_000))
      try await eventually(pool.loop, "all have ended") { records.allSatisfy(\.hasEnded) }
      let elapsed = MonotonicClock.now - start
      let results = records.compactMap { if case .ended(let result) = $0.state { result } else { nil } }
      // One loop runs one body at a time, so that their durations cannot add up to more than what has passed.
      #expect(results.map(\.duration).reduce(.zero, +) <= elapsed)
    }
  }

  @Test("a loop that has much to start serves others in between")
  func slices() async throws {
    var types = TaskTypes()
    nonisolated(unsafe) var begun = 0
    types.register("count", repeatable: true, summary: "counts itself") { (_: AnyJSON, _) in
      begun += 1
      return 1
    }
    try await withPool(capacity: 5_000, types: types) { pool in
      let draft = try TaskDraft(try JSONValue.parse(#"{"task":"count"}"#), types: pool.types)
      let records = pool.register(Array(repeating: draft, count: 5_000))
      var (largest, before) = (0, 0)
      while records.contains(where: { !$0.hasEnded }) {
        await pool.loop.yield()
        (largest, before) = (max(largest, begun - before), begun)
      }
      #expect(begun == 5_000)
      #expect(largest <= 2 * LoopLimits.startsPerTurn)
    }
  }

  @Test("a value that is too large for a line fails its task, and a failure's text is cut")
  func largeResults() async throws {
    var types = TaskTypes()
    let large = JSONValue(trusted: [UInt8](repeating: UInt8(ascii: "1"), count: Limits.valueBytes + 1)[...])
    types.add(
      TaskType(name: "large", summary: "gives much", schema: .null) { _ throws(TaskFailure) in
        PreparedTask(isRepeatable: true) { _ in large }
      })
    types.register("wordy", repeatable: true, summary: "fails with many words") { (_: AnyJSON, _) -> Int in
      throw TaskFailure(.assertion, String(repeating: "é", count: 1 << 20))
    }
    try await withPool(types: types) { pool in
      let failure = try await pool.run(#"{"task":"large"}"#).failure
      #expect(failure?.code == .tooLarge && failure?.isRetryable == false)
      let words = try await pool.run(#"{"task":"wordy"}"#).failure
      #expect(words?.code == .assertion)
      #expect(words?.message.utf8.count ?? .max <= Limits.messageBytes + 8)
    }
  }

  @Test("the newest finished tasks are kept")
  func forgets() async throws {
    try await withPool(capacity: 60_000) { pool in
      let first = try pool.add(#"{"task":"echo"}"#)
      _ = try await pool.end(of: first)
      let draft = try TaskDraft(try JSONValue.parse(#"{"task":"echo","args":1}"#), types: pool.types)
      for _ in 0..<2 {
        let records = pool.register(Array(repeating: draft, count: 50_000))
        try await eventually(pool.loop, "all have ended") { records.allSatisfy(\.hasEnded) }
      }
      #expect(pool.table.kept == Limits.keptTasks)
      #expect(pool[first.id] == nil)
    }
  }
}

/// Holds tasks that heed no cancellation until it opens.
actor Gate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func wait() async {
    if !isOpen { await withCheckedContinuation { waiting.append($0) } }
  }

  func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}
