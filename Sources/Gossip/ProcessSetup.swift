import Glibc

/// What every server process of ours needs from its operating system before it starts.
enum ProcessSetup {
  /// One connection is one descriptor: the usual soft limit of 1,024 would be the first thing to run out.
  static func raiseOpenFileLimit() {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
  }

  /// A write to a connection that the peer has closed must be an error of that write, not the end of the process.
  static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}
