import Glibc

/// What the system allows this process, and what every server process of ours asks of it before it starts.
package enum ProcessSetup {
  /// How many descriptors it may have open at once.
  package static var openFileLimit: Int { Int(clamping: openFiles.rlim_cur) }

  /// One connection is one descriptor: the usual soft limit of 1,024 would be the first thing to run out.
  package static func raiseOpenFileLimit() {
    var limit = openFiles
    guard limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
  }

  /// A write to a connection that the peer has closed must be an error of that write, not the end of the process.
  package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

  private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

  private static var openFiles: rlimit {
    var limit = rlimit(rlim_cur: 1024, rlim_max: 1024)
    getrlimit(resource, &limit)
    return limit
  }
}
