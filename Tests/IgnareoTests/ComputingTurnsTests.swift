import Clockwork
import Loop
import Testing

@testable import Ignareo

@Suite("Computing in turns", .timeLimit(.minutes(1)))
struct ComputingTurnsTests {
  @Test("of many who compute at length, each has a turn of the loop to itself")
  func turns() async throws {
    let turns = try await TaskContext.run { context in
      let computing = context.runner.computing
      let tasks = (0..<5).map { _ in
        context.spawn { context in
          while computing.areSpent { try await context.sleep(.zero) }
          return computing.compute {
            let end = MonotonicClock.now + Limits.computingShare
            while MonotonicClock.now < end {}
            return context.runner.loop.now
          }
        }
      }
      return try await context.join(tasks)
    }
    #expect(Set(turns).count == turns.count)
  }

  @Test("who is quick takes nothing from the next")
  func quick() async throws {
    #expect(
      try await TaskContext.run { context in
        context.runner.computing.compute {}
        return !context.runner.computing.areSpent
      })
  }
}
