import CLinux
import Glibc

/// Ties the members that `up` starts to its own life: when it is killed, even with a signal that nobody can catch, the
/// kernel sends them SIGTERM, and they drain and end as for a Ctrl-C.
enum ParentWatch {
  private static let variable = "IGNAREO_UP_PID"

  /// The environment for a child: this process's own and its number. Left out is what would lead all children to
  /// another cluster.
  static func environment() -> [String] {
    var all = ["\(variable)=\(getpid())"]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if !pair.hasPrefix(variable + "="), !pair.hasPrefix("IGNAREO_JOIN=") { all.append(pair) }
      entry += 1
    }
    return all
  }

  /// Called first in a role's command, on the main thread. Does nothing for a member that `up` did not start.
  static func begin() {
    guard let text = getenv(variable), let parent = pid_t(String(cString: text)) else { return }
    _ = shim_signal_on_parent_death(SIGTERM)
    unsetenv(variable)
    // Between being started and the call above the parent may have ended already, and no signal would come.
    if getppid() != parent { exit(ExitCode.failed.rawValue) }
  }
}
