import Glibc

/// How a process ended.
package enum ProcessEnd: Equatable, Sendable {
  case exited(status: Int32)
  case killed(signal: Int32)
  /// Somebody else in this program fetched its status first, or the program ignores SIGCHLD.
  case unknown

  /// - Parameter status: as `waitpid` gives it.
  init(waitStatus status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .exited(status: status >> 8 & 0xff) : .killed(signal: signal)
  }
}

extension ProcessEnd: CustomStringConvertible {
  /// Continues a sentence whose subject is the process.
  package var description: String {
    switch self {
    case .exited(let status): "ended with status \(status)"
    case .killed(let signal): "was killed by signal \(signal) (\(String(cString: strsignal(signal))))"
    case .unknown: "ended, and how was told to somebody else in this program"
    }
  }
}
