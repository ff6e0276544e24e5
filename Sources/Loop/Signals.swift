import CLinux
import Glibc

/// Receives signals as descriptors on a loop instead of in a handler, where nothing may be called.
package final class Signals: @unchecked Sendable {
  // Guarded by: the loop's thread.
  private let descriptor: Int32
  private var watch: Watch?

  /// Keeps `signals` from their default action on every thread that is started later. Call it first in `main`.
  package static func block(_ signals: [Int32]) {
    var set = Self.set(of: signals)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Calls `received` on the loop for each signal. They must have been blocked before.
  package init(_ signals: [Int32], on loop: EventLoop, received: @escaping (Int32) -> Void) throws(LoopError) {
    loop.assertCurrent()
    var set = Self.set(of: signals)
    let descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
    guard descriptor >= 0 else { throw LoopError(errno: errno, "signalfd") }
    self.descriptor = descriptor
    do throws(LoopError) {
      watch = try loop.watch(descriptor, .read) { _ in
        var info = signalfd_siginfo()
        while read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
          received(Int32(info.ssi_signo))
        }
      }
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  package func close() {
    guard let watch else { return }
    watch.cancel()
    self.watch = nil
    Glibc.close(descriptor)
  }

  private static func set(of signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    return set
  }
}
