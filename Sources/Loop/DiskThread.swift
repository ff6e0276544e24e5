import CLinux
import Glibc

/// A thread for calls that wait for a disk, one after the other in the order in which they were handed over: what no
/// loop may do.
///
/// Ends when its last owner lets go of it and everything handed over is done.
package final class DiskThread: Sendable {
  private let queue = DiskQueue()

  /// - Parameter name: 15 bytes at most.
  /// - Throws: `exhausted` where no thread is to be had.
  package init(_ name: String) throws(LoopError) {
    let failure = BlockingThread(name) { [queue] in
      while let work = queue.take() { for call in work { call() } }
    }.start()
    guard failure == 0 else { throw LoopError(errno: failure, "start a thread for \(name)") }
  }

  deinit { queue.close() }

  /// Waits until all that any process has written to a folder's file system is on its disk.
  ///
  /// - Returns: 0, or errno.
  package static func syncFileSystem(of folder: Int32) -> Int32 { syncfs(folder) == 0 ? 0 : errno }

  /// Calls `body` on the thread, then `then` on the loop, which must live until then.
  package func run<Value: Sendable>(
    on loop: EventLoop, _ body: @escaping @Sendable () -> Value, then: @escaping (Value) -> Void
  ) {
    let completion = LoopCompletion(call: then)
    queue.append {
      let value = body()
      loop.execute { completion.call(value) }
    }
  }

  /// Calls `body` on the thread and tells nobody.
  package func run(_ body: @escaping @Sendable () -> Void) { queue.append(body) }
}

/// Guarded by: handed through the disk's thread back to the loop that made it, and called there alone.
private struct LoopCompletion<Value>: @unchecked Sendable {
  let call: (Value) -> Void
}

/// Guarded by: `mutex`; who takes waits at `filled`.
private final class DiskQueue: @unchecked Sendable {
  typealias Work = @Sendable () -> Void

  private var waiting: [Work] = []
  private var isClosed = false
  // Owned by this object and freed with it; neither may move.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let filled = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    filled.initialize(to: pthread_cond_t())
    let failure = pthread_mutex_init(mutex, nil) | pthread_cond_init(filled, nil)
    precondition(failure == 0, "a mutex cannot be made: errno \(failure)")
  }

  deinit {
    pthread_cond_destroy(filled)
    pthread_mutex_destroy(mutex)
    filled.deallocate()
    mutex.deallocate()
  }

  func append(_ work: @escaping Work) {
    pthread_mutex_lock(mutex)
    waiting.append(work)
    pthread_cond_signal(filled)
    pthread_mutex_unlock(mutex)
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_signal(filled)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for work; nil when there is none and never will be.
  func take() -> [Work]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while waiting.isEmpty {
      if isClosed { return nil }
      pthread_cond_wait(filled, mutex)
    }
    defer { waiting = [] }
    return waiting
  }
}
