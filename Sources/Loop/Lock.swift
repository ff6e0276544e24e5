import CLinux
import Glibc

/// A value behind a lock.
///
/// Not Synchronization's Mutex: when two threads meet there, the kernel hands the lock over (a priority-inheriting
/// futex), the thread sanitizer sees neither its end nor its beginning, and reports races that are none. It knows
/// pthread's.
package final class Lock<Value>: @unchecked Sendable {
  /// Guarded by: `mutex`.
  private var value: Value
  /// Owned by this object and freed with it; a mutex must not move.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  package init(_ value: Value) {
    self.value = value
    mutex.initialize(to: pthread_mutex_t())
    let failure = pthread_mutex_init(mutex, nil)
    precondition(failure == 0, "a mutex cannot be made: errno \(failure)")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// `body` runs alone and must not come back here: that would wait for ever.
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
