import CLinux
import Glibc

/// Tells once when a child process has ended, and leaves it to be reaped: until then its number is no one else's.
///
/// Through a pidfd, which is for this one process, so that no handler of SIGCHLD gets between this program and other
/// code that starts processes. Where the kernel refuses one (before Linux 5.3, in some sandboxes, with no descriptor
/// left) it looks now and then.
///
/// Guarded by: the loop's thread; each entry asserts it.
final class ExitWatch: @unchecked Sendable {
  private let pid: pid_t
  private let loop: EventLoop
  private var watch: Watch?
  private let ended: (_ isOurs: Bool) -> Void

  /// - Parameters:
  ///   - usesDescriptor: false looks now and then in any case.
  ///   - ended: called once; `isOurs` is false when somebody else in this program has reaped it already.
  init(
    _ pid: pid_t, on loop: EventLoop, usesDescriptor: Bool = true, ended: @escaping (_ isOurs: Bool) -> Void
  ) {
    loop.assertCurrent()
    (self.pid, self.loop, self.ended) = (pid, loop, ended)
    if !usesDescriptor || !watchDescriptor() { lookLater() }
  }

  private func watchDescriptor() -> Bool {
    let descriptor = shim_pidfd_open(pid)
    guard descriptor >= 0 else { return false }
    watch = try? loop.watch(descriptor, .read) { [self] _ in
      watch?.cancel()
      watch = nil
      close(descriptor)
      look()
    }
    if watch == nil { close(descriptor) }
    return watch != nil
  }

  private func lookLater() {
    loop.schedule(after: LoopLimits.exitLook) { [self] in look() }
  }

  private func look() {
    var information = siginfo_t()
    if waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) != 0 {
      if errno == ECHILD { ended(false) } else { lookLater() }
    } else if information.si_signo != 0 {
      ended(true)
    } else {
      lookLater()
    }
  }
}
