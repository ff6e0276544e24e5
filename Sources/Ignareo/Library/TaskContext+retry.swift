internal import Clockwork

// MARK: Trying again inside a task

extension TaskContext {
  /// Tries until it succeeds, until its tries are made, or until an error comes after which there is no other try.
  ///
  ///     let page = try await context.retry(Retry(tries: 5)) { try await session.get("/items/42").checked() }
  ///
  /// A pause that would outlast `timeLeft` is not begun: the failure is told while there is time to do something else.
  ///
  /// - Throws: what the last try threw. A `TaskFailure` says besides why there was no other try, where it was not its
  ///   own kind that forbade one. `CancellationError` when this task is cancelled.
  @discardableResult
  public func retry<Value>(_ retry: Retry, _ operation: () async throws -> Value) async throws -> Value {
    try await self.retry(retry) { (_: Int) in try await operation() }
  }

  /// The same for a function that wants to know which try it is, counted from 1.
  @discardableResult
  public func retry<Value>(_ retry: Retry, _ operation: (_ number: Int) async throws -> Value) async throws -> Value {
    var number = 1
    while true {
      do { return try await operation(number) } catch {
        guard retry.isWorthwhile(after: error) else { throw error }
        guard number < retry.tries else {
          throw retry.tries == 1 ? error : Self.told(error, "the last of \(retry.tries) tries")
        }
        try await pause(retry, afterFailures: number, error)
      }
      number += 1
    }
  }

  /// - Throws: `error` when there is no time for the pause.
  private func pause(_ retry: Retry, afterFailures number: Int, _ error: any Error) async throws {
    let pause = retry.pause(afterFailures: number, using: &runner.generator)
    let timeLeft = self.timeLeft
    guard pause < timeLeft else {
      throw Self.told(
        error,
        "try \(number) of \(retry.tries), and none after it: the pause of \(pause.inSeconds.rounded(toPlaces: 3)) s "
          + "would outlast the \(timeLeft.inSeconds.rounded(toPlaces: 3)) s left of the time limit")
    }
    try await sleep(pause)
  }

  private static func told(_ error: any Error, _ note: String) -> any Error {
    guard var failure = error as? TaskFailure else { return error }
    failure.message += " (\(note))"
    return failure
  }
}
