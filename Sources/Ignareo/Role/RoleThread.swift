internal import Glibc
internal import Synchronization

/// A thread of its own for a role inside a program that has other threads already.
///
/// Those threads do not block the signals that the role waits for, so a handler sends them on to the role's thread,
/// which does.
enum RoleThread {
  /// The thread that waits for signals; 0 before there is one.
  private static let thread = Atomic<UInt>(0)

  private final class Work: @unchecked Sendable {
    // Guarded by: handed over to the new thread, which alone touches it then.
    let body: @Sendable () -> Int32
    let done: (Int32) -> Void

    init(body: @escaping @Sendable () -> Int32, done: @escaping (Int32) -> Void) {
      self.body = body
      self.done = done
    }
  }

  static func run(_ body: @escaping @Sendable () -> Int32) async -> Int32 {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Int32, Never>) in
      let work = Work(body: body) { continuation.resume(returning: $0) }
      let argument = Unmanaged.passRetained(work).toOpaque()
      var handle = pthread_t()
      let failure = pthread_create(
        &handle, nil,
        { argument in
          let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
          RoleThread.forwardSignals()
          work.done(work.body())
          return nil
        }, argument)
      precondition(failure == 0, "no thread for the node: error \(failure)")
      pthread_detach(handle)
    }
  }

  static func exitProcess(_ status: Int32) -> Never { exit(status) }

  private static func forwardSignals() {
    thread.store(UInt(pthread_self()), ordering: .sequentiallyConsistent)
    for number in [SIGTERM, SIGINT] {
      // `pthread_kill` is async-signal-safe; the atomic was made above, so reading it is too.
      signal(number) { pthread_kill(pthread_t(RoleThread.thread.load(ordering: .relaxed)), $0) }
    }
  }
}
