import Glibc
import Loop
import Testing

@testable import Ignareo

private struct SoldOut: Error {}

/// Tasks that end one after the other in this order of their places.
private func chain(_ order: [Int], in context: TaskContext) -> [TaskHandle<Int>] {
  var handles = [TaskHandle<Int>?](repeating: nil, count: order.count)
  for (position, place) in order.enumerated() {
    let before = position == 0 ? nil : handles[order[position - 1]]
    handles[place] = context.spawn { _ in
      _ = try await before?.value
      return place
    }
  }
  return handles.compactMap { $0 }
}

/// A task that only its cancellation ends.
private func parked(in context: TaskContext) -> TaskHandle<Int> {
  context.spawn { child in
    try await child.sleep(.seconds(3600))
    return -1
  }
}

extension TaskHandle {
  fileprivate var isAwaited: Bool { task.waits?.waits.contains { !$0.wait.isOver } ?? false }
}

@Suite("Waiting for tasks", .timeLimit(.minutes(2)))
struct JoinTests {
  @Test("a program that runs its tasks again and again takes no other thread than the first time")
  func again() async throws {
    func run() async throws -> UInt { try await TaskContext.run { _ in UInt(pthread_self()) } }
    let first = try await run()
    for _ in 0..<3 { #expect(try await run() == first) }
  }

  @Test("the first one that ends is told with its place, its handle and its value; the others go on")
  func first() async throws {
    try await TaskContext.run { context in
      let handles = [parked(in: context)] + chain([1, 0], in: context)
      let first = try await context.joinFirst(handles)
      #expect(first.index == 2 && first.handle == handles[2])
      #expect(try first.value == 1)
      #expect(try await context.join(Array(handles.dropFirst())) == [0, 1])
      handles[0].cancel()
      await #expect(throws: CancellationError.self) { try await handles[0].value }
    }
  }

  @Test("the first one may have failed: its failure is in it")
  func firstFails() async throws {
    try await TaskContext.run { context in
      let handles = [parked(in: context), context.spawn { _ in throw SoldOut() }]
      let first = try await context.joinFirst(handles)
      #expect(first.index == 1)
      #expect(throws: SoldOut.self) { try first.value }
      #expect(throws: SoldOut.self) { try first.result.get() }
    }
  }

  @Test("of those that have ended already, the first of the list is told, and nobody is waited for")
  func firstHasEnded() async throws {
    try await TaskContext.run { context in
      let ended = chain([2, 1, 0], in: context)
      _ = try await context.join(ended)
      let handles = [parked(in: context)] + ended
      let before = context.runner.loop.enqueueCounts.all
      #expect(try await context.joinFirst(handles).index == 1)
      #expect(context.runner.loop.enqueueCounts.all == before)
      #expect(handles[0].task.waits == nil)
    }
  }

  @Test("the first success leaves the failures before it out")
  func firstSuccess() async throws {
    try await TaskContext.run { context in
      let failing: TaskHandle<Int> = context.spawn { _ in throw SoldOut() }
      let late: TaskHandle<Int> = context.spawn { _ in
        _ = try? await failing.value
        return 7
      }
      let handles = [parked(in: context), failing, late]
      let first = try await context.joinFirstSuccess(handles)
      #expect(first.index == 2)
      #expect(try first.value == 7)
    }
  }

  @Test("when none succeeds, the failure counts them, and may be retried as soon as one of them may")
  func noSuccess() async throws {
    try await TaskContext.run { context in
      let first: TaskHandle<Int> = context.spawn { _ in throw TaskFailure(.dns, "no such shop") }
      let cancelled = parked(in: context)
      cancelled.cancel()
      let last: TaskHandle<Int> = context.spawn { _ in
        _ = (try? await first.value, try? await cancelled.value)
        throw TaskFailure(.assertion, "sold out")
      }
      let failure = await #expect(throws: TaskFailure.self) {
        try await context.joinFirstSuccess([last, first, cancelled])
      }
      #expect(failure?.code == .assertion && failure?.isRetryable == true && failure?.mayHaveTakenEffect == true)
      #expect(
        failure?.message == "none of 3 tasks succeeded: 1 of them were cancelled; the last failure was sold out")
      await #expect(throws: TaskFailure(.dns, "no such shop")) { try await context.joinFirstSuccess([first]) }
      await #expect(throws: CancellationError.self) { try await context.joinFirstSuccess([cancelled, cancelled]) }
    }
  }

  @Test("without any handle there is a failure instead of a wait without end")
  func none() async throws {
    try await TaskContext.run { context in
      let handles: [TaskHandle<Int>] = []
      #expect(try await context.join(handles) == [])
      for try await _ in context.joinAsCompleted(handles) { Issue.record("there is nothing") }
      let first = await #expect(throws: TaskFailure.self) { try await context.joinFirst(handles) }
      #expect(first?.code == .internal && first?.isRetryable == false)
      await #expect(throws: try #require(first)) { try await context.joinFirstSuccess(handles) }
    }
  }

  @Test("as completed gives each task once, in the order of the ends, failures among them")
  func asCompleted() async throws {
    try await TaskContext.run { context in
      let order = [3, 1, 4, 0, 2]
      let handles = chain(order, in: context)
      let failing: TaskHandle<Int> = context.spawn { _ in
        _ = try await handles[2].value
        throw SoldOut()
      }
      var places: [Int] = []
      var failures = 0
      for try await ended in context.joinAsCompleted(handles + [failing]) {
        places.append(ended.index)
        do { #expect(try ended.value == ended.index) } catch { failures += 1 }
      }
      #expect(places == order + [5] && failures == 1)
      // Now that all have ended, the order of the list is all that is known.
      var again: [Int] = []
      for try await ended in context.joinAsCompleted(handles + [handles[0]]) { again.append(ended.index) }
      #expect(again == [0, 1, 2, 3, 4, 5])
    }
  }

  @Test("tasks that end while the loop's body is busy are kept in their order")
  func asCompletedMeanwhile() async throws {
    try await TaskContext.run { context in
      let order = [1, 2, 0]
      let handles = chain(order, in: context)
      var places: [Int] = []
      for try await ended in context.joinAsCompleted(handles) {
        places.append(ended.index)
        _ = try await context.join(handles)
      }
      #expect(places == order)
    }
  }

  @Test("whoever waits is cancelled at once, with its task or alone")
  func cancel() async throws {
    try await TaskContext.run { context in
      let forever = parked(in: context)
      let waits: [@Sendable (TaskContext) async throws -> Void] = [
        { _ = try await $0.joinFirst([forever]) }, { _ = try await $0.joinFirstSuccess([forever]) },
        { for try await _ in $0.joinAsCompleted([forever, forever]) {} },
      ]
      for wait in waits {
        let waiting = context.spawn { child in try await wait(child) }
        while !forever.isAwaited { try await context.sleep(.milliseconds(1)) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        // A child of the user's own making, which ends with its scope.
        let alone = await withTaskGroup(of: Bool.self) { group in
          group.addTask {
            do { try await wait(context) } catch { return error is CancellationError }; return false
          }
          group.cancelAll()
          return await group.next()
        }
        #expect(alone == true)
        #expect(!forever.isAwaited)
      }
    }
  }

  @Test("tasks of another loop are waited for as those of one's own")
  func otherLoop() async throws {
    try await TaskContext.run { there in
      let handles = chain([1, 0], in: there)
      let forever = parked(in: there)
      try await TaskContext.run { here in
        let own = here.spawn { _ in try await handles[0].value + 10 }
        var values: [Int] = []
        for try await ended in here.joinAsCompleted(handles + [own]) { values.append(try ended.value) }
        #expect(values.sorted() == [0, 1, 10])
        #expect(try await here.joinFirst([forever, handles[1]]).value == 1)
        #expect(try await here.joinFirstSuccess([forever, handles[0]]).value == 0)
      }
      forever.cancel()
    }
  }

  @Test("a cancelled task gets no further element, though some have ended")
  func cancelledBetweenElements() async throws {
    let seen = Lock(0)
    try await TaskContext.run { context in
      let handles = chain([0, 1, 2], in: context)
      _ = try await context.join(handles)
      let looping = context.spawn { child in
        for try await _ in child.joinAsCompleted(handles) {
          seen.withLock { $0 += 1 }
          child.run.cancel(.requested)
        }
      }
      await #expect(throws: CancellationError.self) { try await looping.value }
    }
    #expect(seen.withLock { $0 } == 1)
  }
}
