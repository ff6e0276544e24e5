import Glibc

/// The process' table of descriptors, nearly full.
enum Descriptors {
  /// Runs `body` while so many more can be opened, besides those that are closed meanwhile.
  static func withRoom<Value>(
    for count: Int, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var before = rlimit()
    getrlimit(resource, &before)
    // Numbers that are free between those in use are taken, so that the limit lies behind all of these.
    let highest = (0..<Int32(clamping: min(before.rlim_cur, 1 << 16))).last { fcntl($0, F_GETFD) >= 0 } ?? 2
    var fillers: [Int32] = []
    repeat { fillers.append(dup(2)) } while fillers[fillers.count - 1] < highest
    close(fillers.removeLast())
    var low = before
    low.rlim_cur = rlim_t(Int(highest) + 1 + count)
    setrlimit(resource, &low)
    defer {
      setrlimit(resource, &before)
      for descriptor in fillers { close(descriptor) }
    }
    return try await body()
  }
}
