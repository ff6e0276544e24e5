import CLinux
import Glibc

/// A pipe to or from a process that is about to be started: one end is ours and never blocks, the other one goes there.
struct ChildPipe {
  enum Direction { case toChild, fromChild }

  /// The child's end has a number that its first descriptors cannot take from it while they are put in their places.
  static let lowest: Int32 = 4

  let ours: Int32
  let theirs: Int32

  init(_ direction: Direction) throws(LoopError) {
    var ends: [Int32] = [-1, -1]
    guard shim_pipe(&ends) == 0 else { throw LoopError(errno: errno, "open a pipe") }
    let (ours, low) = direction == .toChild ? (ends[1], ends[0]) : (ends[0], ends[1])
    guard let theirs = Self.raised(low) else {
      let reason = errno
      close(ours)
      throw LoopError(errno: reason, "open a pipe")
    }
    (self.ours, self.theirs) = (ours, theirs)
    _ = fcntl(ours, F_SETFL, O_NONBLOCK)
  }

  /// The same descriptor under a high enough number; nil, and closed, where `errno` says why not.
  static func raised(_ descriptor: Int32) -> Int32? {
    guard (0..<lowest).contains(descriptor) else { return descriptor < 0 ? nil : descriptor }
    let high = fcntl(descriptor, F_DUPFD_CLOEXEC, lowest)
    let reason = errno
    close(descriptor)
    errno = reason
    return high < 0 ? nil : high
  }
}
