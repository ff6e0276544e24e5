import JSON
import Loop
import Testing

@testable import Ignareo

@Suite("Tasks inside a task", .timeLimit(.minutes(2)))
struct ContextTests {
  @Test("spawned functions run at once and their values come in order")
  func join() async throws {
    let value = try await outcome { context in
      let handles = (0..<100).map { number in
        context.spawn { child in
          if number % 2 == 0 { try await child.sleep(.milliseconds(1)) }
          return number
        }
      }
      return try await context.join(handles)
    }.value
    #expect(value == .writing { $0.array { for number in 0..<100 { $0.int(number) } } })
  }

  @Test("what is started in a task that is over is cancelled at once, however long that task's context was kept")
  func startedTooLate() async throws {
    let value = try await outcome { context in
      let kept = try await context.spawn { child in child }.value
      let late = kept.spawn { child in
        try await child.sleep(.seconds(600))
        return kept.timeLeft
      }
      return await #expect(throws: CancellationError.self) { _ = try await late.value } != nil
    }.value
    #expect(value?.bool == true)
  }

  @Test("a registered type can be spawned by its name")
  func spawnByName() async throws {
    let value = try await outcome { context in try await context.spawn("echo", ["a": 1]).value }.value
    #expect(value?["a"]?.int == 1)
  }

  @Test("spawning an unknown type, or with bad arguments, fails in the handle")
  func spawnBad() async throws {
    #expect(try await outcome { try await $0.spawn("nothing", 1).value }.failure?.code == .unknownTask)
    #expect(try await outcome { try await $0.spawn("sleep", ["seconds": "x"]).value }.failure?.code == .badArguments)
  }

  @Test("leaving a task cancels what it left behind, whose clean-up runs before the result is told")
  func leave() async throws {
    let notebook = Notebook()
    let value = try await outcome { context in
      context.spawn { child in
        do { try await child.sleep(.seconds(60)) } catch {
          await notebook.note("\(error is CancellationError)")
          throw error
        }
      }
      try await context.sleep(.milliseconds(1))
      return "left"
    }.value
    #expect(value?.string == "left")
    #expect(await notebook.lines == ["true"])
  }

  @Test("a task's time-out cancels its children's children too")
  func timeoutReachesGrandchildren() async throws {
    let notebook = Notebook()
    let outcome = try await outcome(timeout: "0.02") { context in
      try await context.spawn { child in
        try await child.spawn { grandchild in
          do { try await grandchild.sleep(.seconds(60)) } catch {
            await notebook.note("stopped")
            throw error
          }
        }.value
      }.value
      return 1
    }
    #expect(outcome.failure?.code == .timeout)
    #expect(await notebook.lines == ["stopped"])
  }

  @Test("a child can be cancelled alone")
  func cancelChild() async throws {
    let value = try await outcome { context in
      let child = context.spawn { try await $0.sleep(.seconds(60)) }
      child.cancel()
      do { try await child.value } catch { return error is CancellationError }
      return false
    }.value
    #expect(value?.bool == true)
  }

  @Test("a failure that nobody waits for harms nobody")
  func unobservedFailure() async throws {
    struct Odd: Error {}
    let value = try await outcome { context in
      context.spawn { _ in throw Odd() }
      try await context.sleep(.milliseconds(1))
      return 1
    }.value
    #expect(value?.int == 1)
  }

  @Test("an error of the user's own is told as internal, a TaskFailure as itself")
  func errors() async throws {
    struct SoldOut: Error {}
    let odd = try await outcome { _ -> Int in throw SoldOut() }.failure
    #expect(odd?.code == .internal)
    #expect(odd?.message.contains("SoldOut") == true)
    let own = try await outcome { _ -> Int in throw TaskFailure(.assertion, "sold out") }.failure
    #expect(own == TaskFailure(.assertion, "sold out"))
  }

  @Test("a hundred thousand tasks are started and joined on one loop")
  func many() async throws {
    let value = try await outcome { context in
      let handles = (0..<100_000).map { number in context.spawn { _ in number } }
      return try await context.join(handles).reduce(0, +)
    }.value
    #expect(value?.int == 4_999_950_000)
  }
}
