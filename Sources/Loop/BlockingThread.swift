import CLinux
import Glibc

/// A thread for calls that block, which ends with its body.
final class BlockingThread: Sendable {
  private let name: String
  private let body: @Sendable () -> Void

  /// - Parameter name: 15 bytes at most.
  init(_ name: String, _ body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }

  /// - Returns: 0, or why there is no thread.
  func start() -> Int32 {
    var handle = pthread_t()
    let argument = Unmanaged.passRetained(self).toOpaque()  // Guarded by: handed to the new thread alone.
    let failure = pthread_create(
      &handle, nil,
      { argument in
        let thread = Unmanaged<BlockingThread>.fromOpaque(argument!).takeRetainedValue()
        _ = thread.name.withCString { shim_name_thread($0) }
        thread.body()
        return nil
      }, argument)
    guard failure == 0 else {
      Unmanaged<BlockingThread>.fromOpaque(argument).release()
      return failure
    }
    pthread_detach(handle)
    return 0
  }
}
