import Glibc
import Ignareo

/// `spawn N`: starts N tasks on one loop, each of which ends at once, and joins them all.
enum Spawn {
  static func run(_ count: Int) async throws -> String {
    try await TaskContext.run { context in
      let (start, processor) = (ContinuousClock.now, Processor.seconds)
      var handles: [TaskHandle<Int>] = []
      handles.reserveCapacity(count)
      for number in 0..<count { handles.append(context.spawn { _ in number }) }
      let spawned = ContinuousClock.now
      let sum = try await context.join(handles).reduce(0, +)
      precondition(sum == count * (count - 1) / 2, "a task was lost")
      let end = ContinuousClock.now
      return "{\"n\":\(count),\"spawn_s\":\((spawned - start) / .seconds(1)),\"secs\":\((end - start) / .seconds(1)),"
        + "\"cpu\":\(Processor.seconds - processor),\"maxrss_kb\":\(Processor.peakKilobytes)}"
    }
  }
}

/// `park N`: starts N tasks on one loop that sleep for an hour each, and weighs them.
enum Park {
  static func run(_ count: Int) async throws -> String {
    try await TaskContext.run { context in
      let before = Processor.residentKilobytes
      let start = ContinuousClock.now
      let parked = Counter()
      var handles: [TaskHandle<Void>] = []
      handles.reserveCapacity(count)
      for _ in 0..<count {
        handles.append(
          context.spawn { context in
            parked.value += 1
            try await context.sleep(.seconds(3600))
          })
      }
      while parked.value < count { try await context.sleep(.milliseconds(1)) }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let bytes = Double((Processor.residentKilobytes - before) * 1024) / Double(count)
      return "{\"n\":\(count),\"secs\":\(seconds),\"bytes_per_task\":\(bytes)}"
    }
  }

  /// Guarded by: the one loop on which all of the benchmark's tasks run.
  private final class Counter: @unchecked Sendable { var value = 0 }
}
