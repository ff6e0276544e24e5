import Clockwork
import Loop
import Testing

@testable import Ignareo

@Suite("The pauses between tries") struct BackoffTests {
  @Test("without jitter they grow by the factor up to the longest, and stay there for a thousand tries")
  func growth() {
    let retry = Retry(tries: 1000, delay: .milliseconds(200), maxDelay: .seconds(30), factor: 3, jitter: .none)
    var generator = SplitMix64(seed: 1)
    let pauses = (1..<1000).map { retry.pause(afterFailures: $0, using: &generator) }
    #expect(pauses[0] == .milliseconds(200) && pauses[1] == .milliseconds(600) && pauses[2] == .milliseconds(1800))
    #expect(pauses.dropFirst(5).allSatisfy { $0 == .seconds(30) })
  }

  @Test("jitter shortens them to anything between its bounds, and comes near both", arguments: Retry.Jitter.allCases)
  func jitter(_ jitter: Retry.Jitter) {
    let retry = Retry(tries: 10, delay: .seconds(1), maxDelay: .seconds(60), jitter: jitter)
    var generator = SplitMix64(seed: 7)
    for failures in 1...10 {
      let whole = min(Duration.seconds(60), .seconds(1 << (failures - 1)))
      let pauses = (0..<500).map { _ in retry.pause(afterFailures: failures, using: &generator) }
      guard let (least, most) = pauses.min().flatMap({ least in pauses.max().map { (least, $0) } }) else { return }
      switch jitter {
      case .full: #expect(least >= .zero && least < whole / 10 && most > whole * 9 / 10 && most <= whole)
      case .equal: #expect(least >= whole / 2 && least < whole * 6 / 10 && most > whole * 9 / 10 && most <= whole)
      case .none: #expect(least == whole && most == whole)
      }
    }
  }

  @Test("the same generator gives the same pauses")
  func repeated() {
    let retry = Retry(tries: 20)
    func pauses() -> [Duration] {
      var generator = SplitMix64(seed: 42)
      return (1..<20).map { retry.pause(afterFailures: $0, using: &generator) }
    }
    #expect(pauses() == pauses() && Set(pauses()).count > 15)
  }

  @Test(
    "no number that cannot be meant makes one that cannot be",
    arguments: [0, 0.5, -1, 1, 2, 1e300, .infinity, -.infinity, .nan] as [Double])
  func extremes(_ factor: Double) {
    let delays: [Duration] = [
      .seconds(-1), .zero, .nanoseconds(1), .seconds(1), .seconds(100), .seconds(Int64.max),
    ]
    var generator = SplitMix64(seed: 3)
    for (delay, longest) in delays.flatMap({ delay in delays.map { (delay, $0) } }) {
      for jitter in Retry.Jitter.allCases {
        let retry = Retry(tries: .max, delay: delay, maxDelay: longest, factor: factor, jitter: jitter)
        for failures in [Int.min, 0, 1, 2, 30, 64, 1000, Int.max] {
          let pause = retry.pause(afterFailures: failures, using: &generator)
          #expect(pause >= .zero && pause <= max(.zero, longest))
        }
      }
    }
  }
}

private struct SoldOut: Error, Equatable {}

@Suite("Trying again", .timeLimit(.minutes(2)))
struct RetryTests {
  private static let quick = Retry(tries: 4, delay: .milliseconds(1))

  @Test("what may end better is tried again with the next number, until it succeeds")
  func succeeds() async throws {
    try await TaskContext.run { context in
      var numbers: [Int] = []
      let value = try await context.retry(Self.quick) { number in
        numbers.append(number)
        if number < 3 { throw TaskFailure(.connect, "refused") }
        return "there"
      }
      #expect(value == "there" && numbers == [1, 2, 3])
      #expect(try await context.retry(Self.quick) { 7 } == 7)
    }
  }

  @Test("the last failure is told with the number of tries; one try alone says nothing of tries")
  func exhausted() async throws {
    try await TaskContext.run { context in
      var tries = 0
      let failure = await #expect(throws: TaskFailure.self) {
        try await context.retry(Self.quick) {
          tries += 1
          throw TaskFailure(.connect, "127.0.0.1:9 refused")
        }
      }
      #expect(tries == 4)
      #expect(failure == TaskFailure(.connect, "127.0.0.1:9 refused (the last of 4 tries)"))
      for tries in [1, 0, -5] {
        await #expect(throws: TaskFailure(.connect, "refused")) {
          try await context.retry(Retry(tries: tries)) { throw TaskFailure(.connect, "refused") }
        }
      }
    }
  }

  @Test(
    "what would fail in the same way, is nobody's to judge, or is a cancellation, is not tried again",
    arguments: [
      TaskFailure(.assertion, "sold out"), TaskFailure(.timeout, "for good", isRetryable: false), SoldOut(),
      CancellationError(),
    ] as [any Error])
  func hopeless(_ error: any Error) async throws {
    try await TaskContext.run { context in
      var tries = 0
      do {
        try await context.retry(Self.quick) {
          tries += 1
          throw error
        }
      } catch let thrown { #expect("\(thrown)" == "\(error)") }
      #expect(tries == 1)
    }
  }

  @Test("which errors are worth another try is the caller's to say, but for cancellation")
  func predicate() async throws {
    try await TaskContext.run { context in
      for (error, expected) in [(SoldOut(), 3), (TaskFailure(.dns, "x"), 1), (CancellationError(), 1)]
        as [(any Error, Int)]
      {
        var tries = 0
        let retry = Retry(tries: 3, delay: .zero) { $0 is SoldOut || $0 is CancellationError }
        _ = try? await context.retry(retry) {
          tries += 1
          throw error
        }
        #expect(tries == expected)
      }
    }
  }

  @Test("what is not repeatable is tried again only when it surely had no effect")
  func effect() async throws {
    try await TaskContext.run { context in
      let once = Retry(tries: 3, delay: .zero, repeatable: false) { _ in true }
      for (error, expected) in [
        (TaskFailure(.connect, "refused"), 3), (TaskFailure(.timeout, "no answer"), 1), (SoldOut(), 1),
      ] as [(any Error, Int)] {
        var tries = 0
        _ = try? await context.retry(once) {
          tries += 1
          throw error
        }
        #expect(tries == expected)
      }
    }
  }

  @Test("a pause that would outlast the time left is not begun, and the failure says so")
  func deadline() async throws {
    try await TaskContext.run { context in
      var failures: [TaskFailure] = []
      let tries = Lock(0)
      let retry = Retry(tries: 5, delay: .seconds(7200), maxDelay: .seconds(7200), jitter: .none)
      do {
        try await context.withTimeout(.seconds(3600)) { child in
          try await child.retry(retry) {
            tries.withLock { $0 += 1 }
            throw TaskFailure(.connect, "refused")
          }
        }
      } catch let failure as TaskFailure { failures.append(failure) }
      let failure = try #require(failures.first)
      #expect(failure.code == .connect && tries.withLock { $0 } == 1)
      #expect(
        failure.message.hasPrefix(
          "refused (try 1 of 5, and none after it: the pause of 7200.0 s would outlast the 3")
          && failure.message.hasSuffix(" s left of the time limit)"))
    }
  }

  @Test("whoever is cancelled in a pause tries nothing more")
  func cancelled() async throws {
    let tries = Lock(0)
    try await TaskContext.run { context in
      let trying = context.spawn { child in
        try await child.retry(Retry(tries: 5, delay: .seconds(3600), maxDelay: .seconds(3600), jitter: .none)) {
          tries.withLock { $0 += 1 }
          throw TaskFailure(.connect, "refused")
        }
      }
      while tries.withLock({ $0 == 0 }) { try await context.sleep(.milliseconds(1)) }
      trying.cancel()
      await #expect(throws: CancellationError.self) { try await trying.value }
    }
    #expect(tries.withLock { $0 } == 1)
  }
}
