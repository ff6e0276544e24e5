import Glibc

/// What the system allows this process.
package enum ProcessLimits {
  /// How many descriptors it may have open at once.
  package static var openFiles: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    return Int(clamping: limit.rlim_cur)
  }
}
