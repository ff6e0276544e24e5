import JSON
import Loop
import Testing

@testable import Ignareo

private struct SoldOut: Error {}

@Suite("Time limits inside a task", .timeLimit(.minutes(2)))
struct TimeoutTests {
  @Test("what is done in time gives its value or its failure")
  func inTime() async throws {
    try await TaskContext.run { context in
      let value = try await context.withTimeout(.seconds(3600)) { child in
        try await child.sleep(.milliseconds(1))
        return 7
      }
      #expect(value == 7)
      await #expect(throws: SoldOut.self) {
        try await context.withTimeout(.seconds(3600)) { _ in throw SoldOut() }
      }
    }
  }

  @Test("what takes too long is cancelled, cleans up with all that it started, and is told with its limit")
  func tooLong() async throws {
    let notebook = Notebook()
    try await TaskContext.run { context in
      let failure = await #expect(throws: TaskFailure.self) {
        try await context.withTimeout(.milliseconds(20)) { child in
          child.spawn { grandchild in
            do { try await grandchild.sleep(.seconds(3600)) } catch { await notebook.note("grandchild") }
          }
          do { try await child.sleep(.seconds(3600)) } catch {
            await notebook.note("\(type(of: error))")
            throw error
          }
        }
      }
      #expect(failure == TaskFailure(.timeout, "the limit of 0.02 s was over before the function was done"))
      #expect(await Set(notebook.lines) == ["CancellationError", "grandchild"])
      // Whoever set the limit goes on.
      try await context.sleep(.milliseconds(1))
    }
  }

  @Test("a value that comes all the same counts, and so does a more exact word on the time-out")
  func lateValue() async throws {
    try await TaskContext.run { context in
      let order = try await context.withTimeout(.milliseconds(5)) { child in
        try? await child.sleep(.seconds(3600))
        return "order 7 was placed"
      }
      #expect(order == "order 7 was placed")
      let exact = TaskFailure(.timeout, "the shop has not answered", mayHaveTakenEffect: false)
      await #expect(throws: exact) {
        try await context.withTimeout(.milliseconds(5)) { child in
          do { try await child.sleep(.seconds(3600)) } catch { throw exact }
        }
      }
    }
  }

  @Test("a failure before the limit stays that failure, though the clean-up behind it outlasts the limit")
  func failureBefore() async throws {
    try await TaskContext.run { context in
      _ = await #expect(throws: SoldOut.self) {
        try await context.withTimeout(.milliseconds(10)) { child in
          child.spawn { grandchild in
            try? await grandchild.sleep(.seconds(3600))
            // What is cancelled can only sleep beside its task.
            try? await child.runner.loop.spawn { try await child.runner.loop.sleep(for: .milliseconds(30)) }.value
          }
          throw SoldOut()
        }
      }
    }
  }

  @Test("of nested limits the earliest counts, and is the one that is told", arguments: [true, false])
  func nested(isInnerFirst: Bool) async throws {
    let (short, long) = (Duration.milliseconds(20), Duration.seconds(3600))
    try await TaskContext.run { context in
      let failure = await #expect(throws: TaskFailure.self) {
        try await context.withTimeout(isInnerFirst ? long : short) { outer in
          do {
            try await outer.withTimeout(isInnerFirst ? short : long) { inner in
              #expect(inner.timeLeft <= short && inner.timeLeft > .zero)
              try await inner.sleep(.seconds(3600))
            }
          } catch {
            #expect((error is CancellationError) != isInnerFirst)
            throw error
          }
        }
      }
      #expect(failure?.message.contains("0.02 s") == true)
    }
  }

  @Test("the time left is that of the nearest limit, in what is started there, too")
  func timeLeft() async throws {
    try await TaskContext.run { context in
      #expect(context.timeLeft > .seconds(1_000_000))
      let left = try await context.withTimeout(.seconds(100)) { outer in
        #expect(outer.timeLeft > .seconds(50))
        return try await outer.withTimeout(.seconds(10)) { inner in
          try await inner.spawn { child in (inner.timeLeft, child.timeLeft, outer.timeLeft) }.value
        }
      }
      #expect(left.0 <= .seconds(10) && left.1 <= .seconds(10) && left.2 > .seconds(10))
    }
  }

  @Test("the attempt's own time-out is told as that")
  func attempt() async throws {
    let failure = try await outcome(timeout: "0.02") { context in
      try await context.withTimeout(.seconds(3600)) { child in
        #expect(child.timeLeft <= .milliseconds(20))
        try await child.sleep(.seconds(3600))
        return 1
      }
    }.failure
    #expect(failure == TaskFailure(.timeout, "the attempt took longer than its timeout_s of 0.02"))
  }

  @Test("a limit of nothing starts nothing", arguments: [Duration.zero, .seconds(-1)])
  func nothing(_ limit: Duration) async throws {
    try await TaskContext.run { context in
      let failure = await #expect(throws: TaskFailure.self) {
        try await context.withTimeout(limit) { _ in Issue.record("it runs") }
      }
      #expect(failure?.code == .timeout && failure?.mayHaveTakenEffect == false)
    }
  }

  @Test("whoever cancels the waiting task cancels what runs within the limit, and its clean-up comes first")
  func cancel() async throws {
    let notebook = Notebook()
    try await TaskContext.run { context in
      let waiting = context.spawn { outer in
        do {
          try await outer.withTimeout(.seconds(3600)) { inner in
            do { try await inner.sleep(.seconds(3600)) } catch {
              await notebook.note("inner")
              throw error
            }
          }
        } catch {
          await notebook.note("outer")
          throw error
        }
      }
      try await context.sleep(.milliseconds(1))
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      while await notebook.lines.count < 2 { try await context.sleep(.milliseconds(1)) }
      #expect(await notebook.lines == ["inner", "outer"])
      // A child of the user's own making, which ends with its scope.
      let alone = await withTaskGroup(of: Bool.self) { group in
        group.addTask {
          do { try await context.withTimeout(.seconds(3600)) { try await $0.sleep(.seconds(3600)) } } catch {
            return error is CancellationError
          }
          return false
        }
        group.cancelAll()
        return await group.next()
      }
      #expect(alone == true)
    }
  }
}
