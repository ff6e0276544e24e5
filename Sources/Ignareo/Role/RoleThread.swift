internal import Glibc
internal import Synchronization

/// A thread of its own for a role inside a program that has other threads already.
///
/// Those threads do not block the signals that the role waits for, so a handler sends them on to the role's thread,
/// which does. When the role is over, they do again what they did before: the program may go on.
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
          let before = RoleThread.forwardSignals()
          let status = work.body()
          RoleThread.handleSignals(as: before)
          work.done(status)
          return nil
        }, argument)
      precondition(failure == 0, "no thread for the node: error \(failure)")
      pthread_detach(handle)
    }
  }

  static func exitProcess(_ status: Int32) -> Never { exit(status) }

  /// Ends the process after a text on standard output.
  static func endProcess(saying text: String) -> Never {
    let bytes = Array(text.utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
    exit(0)
  }

  private typealias Handler = @convention(c) (Int32) -> Void

  /// - Returns: who handled them before.
  private static func forwardSignals() -> [(number: Int32, handler: Handler?)] {
    thread.store(UInt(pthread_self()), ordering: .sequentiallyConsistent)
    return [SIGTERM, SIGINT].map { number in
      // `pthread_kill` is async-signal-safe; the atomic was made above, so reading it is too.
      let before = signal(number) {
        let thread = RoleThread.thread.load(ordering: .relaxed)
        if thread != 0 { pthread_kill(pthread_t(thread), $0) }
      }
      return (number, before)
    }
  }

  private static func handleSignals(as before: [(number: Int32, handler: Handler?)]) {
    for (number, handler) in before { signal(number, handler) }
    thread.store(0, ordering: .sequentiallyConsistent)
  }
}
