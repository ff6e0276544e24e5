import Loop
import Testing

@testable import Ignareo

/// Counts how often it is asked whether it is over.
private final class CountingWait: AnyTaskWait {
  var isEnded = false
  var timesAsked = 0

  override var isOver: Bool {
    timesAsked += 1
    return isEnded
  }
}

/// Of which each notes that it is there.
private final class Parcel: Sendable {
  private let counter: Counter
  init(_ counter: Counter) {
    self.counter = counter
    counter.value += 1
  }
  deinit { counter.value -= 1 }

  final class Counter: @unchecked Sendable {
    // Guarded by: the one loop of the test.
    var value = 0
  }
}

/// What waiting costs: in jobs on the loop, in steps, in what is kept. Never in time.
@Suite("The work of waiting", .timeLimit(.minutes(2)))
struct JoinWorkTests {
  /// Enqueues on the loop.
  private static func enqueues(
    _ context: TaskContext, _ body: () async throws -> Void
  ) async throws -> Int {
    let before = context.runner.loop.enqueueCounts
    try await body()
    let after = context.runner.loop.enqueueCounts
    #expect(after.foreign == before.foreign)
    return after.all - before.all
  }

  private static func parked(_ count: Int, in context: TaskContext) async throws -> [TaskHandle<Void>] {
    let parked = Parcel.Counter()
    let handles = (0..<count).map { _ in
      context.spawn { child in
        parked.value += 1
        try await child.sleep(.seconds(3600))
      }
    }
    while parked.value < count { try await context.sleep(.milliseconds(1)) }
    return handles
  }

  @Test("a wait that is resumed costs one enqueue, and an element that has ended already none")
  func enqueues() async throws {
    try await TaskContext.run { context in
      let loop = context.runner.loop
      let handles = try await Self.parked(100, in: context)
      let waited = try await Self.enqueues(context) { () async throws in
        var next = 0
        loop.execute { handles[0].cancel() }
        for try await ended in context.joinAsCompleted(handles) {
          #expect(ended.index == next)
          next += 1
          let following = next
          if next < handles.count { loop.execute { handles[following].cancel() } }
        }
      }
      // One resumes the task that is cancelled, one who waits for it.
      #expect(waited == 2 * handles.count)
      let taken = try await Self.enqueues(context) { () async throws in
        for try await _ in context.joinAsCompleted(handles) {}
      }
      #expect(taken == 0)
    }
  }

  @Test("many that end together resume whoever waits for them once")
  func together() async throws {
    try await TaskContext.run { context in
      let handles = try await Self.parked(100, in: context)
      let enqueues = try await Self.enqueues(context) { () async throws in
        context.runner.loop.execute { for handle in handles { handle.cancel() } }
        var count = 0
        for try await _ in context.joinAsCompleted(handles) { count += 1 }
        #expect(count == 100)
      }
      // One for each task that is cancelled. The first of them that ends has the waiter resumed behind the last.
      #expect(enqueues == handles.count + 1)
    }
  }

  @Test("the first to end costs one enqueue, and so does the end of a task, within a limit or not")
  func single() async throws {
    try await TaskContext.run { context in
      let loop = context.runner.loop
      let handles = try await Self.parked(2, in: context)
      let first = try await Self.enqueues(context) { () async throws in
        loop.execute { handles[1].cancel() }
        #expect(try await context.joinFirst(handles).index == 1)
      }
      #expect(first == 2)
      let limited = try await Self.enqueues(context) { () async throws in
        for number in 0..<100 {
          _ = try await context.withTimeout(.seconds(60)) { _ in number }
        }
      }
      let spawned = try await Self.enqueues(context) { () async throws in
        for number in 0..<100 { _ = try await context.spawn { _ in number }.value }
      }
      // One has it carried, one resumes whoever waits for it.
      #expect(spawned == 2 * 100 && limited == 2 * 100)
      let tried = try await Self.enqueues(context) { () async throws in
        for number in 0..<100 { #expect(try await context.retry(Retry(tries: 3)) { number } == number) }
      }
      #expect(tried == 0)
    }
  }

  @Test("a hundred thousand are joined as completed with work in proportion to their number")
  func many() async throws {
    let count = 100_000
    try await TaskContext.run { context in
      let loop = context.runner.loop
      let handles = (0..<count).map { number in
        context.spawn { child in
          // Half of them end later than the others, in another order.
          if number % 2 == 0 { try await child.sleep(.microseconds(number * 37 % 1000)) }
          return number
        }
      }
      let before = loop.enqueueCounts.all
      var seen = [Bool](repeating: false, count: count)
      for try await ended in context.joinAsCompleted(handles) {
        #expect(!seen[ended.index])
        #expect(try ended.value == ended.index)
        seen[ended.index] = true
      }
      #expect(!seen.contains(false))
      // Each task costs one to be carried and half of them one to wake up; each element costs one at most.
      #expect(loop.enqueueCounts.all - before <= 3 * count)
    }
  }

  @Test("adding a wait looks at the others about once for each that was added")
  func adding() {
    for areOver in [true, false] {
      let waits = TaskWaits()
      let counting = CountingWait()
      counting.isEnded = areOver
      for tag in 0..<100_000 { waits.add(counting, tag: tag) }
      #expect(counting.timesAsked <= 2 * 100_000)
      #expect(areOver ? waits.waits.count <= 16 : waits.waits.count == 100_000)
    }
  }

  @Test("a task that outlives many waits keeps few of them")
  func outlivesMany() async throws {
    try await TaskContext.run { context in
      let long = try await Self.parked(1, in: context)[0]
      for _ in 0..<1000 {
        let short = context.spawn { _ in }
        #expect(try await context.joinFirst([long, short]).index == 1)
      }
      #expect(try #require(long.task.waits).waits.count <= 16)
    }
  }

  @Test("what was given is freed when its taker lets it go, and leaving half-way frees the rest")
  func freed() async throws {
    let there = Parcel.Counter()
    try await TaskContext.run { context in
      let forever = try await Self.parked(1, in: context)[0]
      let stopped = context.spawn { _ in
        try await forever.value
        return Parcel(there)
      }
      func parcels(_ count: Int) -> [TaskHandle<Parcel>] {
        (0..<count).map { _ in context.spawn { _ in Parcel(there) } } + [stopped]
      }
      var taken = 0
      for try await ended in context.joinAsCompleted(parcels(100)) {
        _ = try ended.value
        taken += 1
        // The list itself was given away: only what has not been taken is still there.
        #expect(there.value <= 101 - taken)
        if taken == 100 { break }
      }
      for try await _ in context.joinAsCompleted(parcels(100)) { break }
      #expect(there.value == 0)
      // Of the waits for the one that still runs, nothing is held on to but their place.
      #expect(try #require(stopped.task.waits).waits.allSatisfy { $0.wait.isOver })
    }
  }
}
