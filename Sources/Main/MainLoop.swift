import Loop

/// Runs `body` as a task of a loop on the calling thread, and hands its value back when it is over.
func runOnLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) throws -> Value {
  let loop = try EventLoop(name: "main")
  let outcome = Outcome<Value>()
  loop.spawn {
    do { outcome.result = .success(try await body(loop)) } catch { outcome.result = .failure(error) }
    loop.stop()
  }
  loop.run()
  guard let result = outcome.result else { preconditionFailure("the main loop ended before its task") }
  return try result.get()
}

/// Guarded by: the loop's thread, which is the thread that reads it after the loop has ended.
private final class Outcome<Value: Sendable>: @unchecked Sendable {
  var result: Result<Value, any Error>?
}
