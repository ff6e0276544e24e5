import Glibc

/// The process' table of descriptors, nearly full.
enum Descriptors {
  /// Runs `body` while so many more can be opened, of the numbers that are free now.
  static func withRoom<Value>(
    for count: Int, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
  ) async rethrows -> Value {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var before = rlimit()
    getrlimit(resource, &before)
    var free = (0..<count).map { _ in dup(2) }
    let next = dup(2)
    free.append(next)
    var low = before
    low.rlim_cur = rlim_t(next)
    setrlimit(resource, &low)
    for descriptor in free { close(descriptor) }
    defer { setrlimit(resource, &before) }
    return try await body()
  }
}
