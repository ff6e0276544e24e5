/// A call that blocks, on a thread of its own: for what is rare, such as a small file that is written once a minute.
/// What is frequent wants a thread that stays.
package enum BlockingCall {
  /// - Parameters:
  ///   - name: the thread's, 15 bytes at most.
  ///   - loop: where the caller goes on.
  /// - Throws: `exhausted` where no thread is to be had; then nothing was called.
  package static func run<Value: Sendable>(
    _ name: String, on loop: EventLoop, _ body: @escaping @Sendable () -> Value
  ) async throws(LoopError) -> Value {
    let result = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<Value, LoopError>, Never>) in
      let thread = BlockingThread(name) {
        let value = body()
        loop.execute { continuation.resume(returning: .success(value)) }
      }
      let failure = thread.start()
      guard failure != 0 else { return }
      continuation.resume(returning: .failure(LoopError(errno: failure, "start a thread for \(name)")))
    }
    return try result.get()
  }
}
