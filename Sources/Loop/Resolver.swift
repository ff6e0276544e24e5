import CLinux
import Clockwork
import Dispatch
import Glibc
import Synchronization

/// Turns host names into addresses on a few threads of its own: the C library's resolver blocks, for half a minute when
/// a name server is silent, and a loop must not.
package enum Resolver {
  /// Lookups in the order of their asking, and how many threads work on them. One queue for all threads: a silent name
  /// server holds up one thread, not everybody behind it.
  private struct Backlog {
    var lookups: [Lookup] = []
    var start = 0
    var threads = 0

    mutating func next() -> Lookup? {
      guard start < lookups.count else {
        lookups.removeAll(keepingCapacity: false)
        start = 0
        threads -= 1
        return nil
      }
      defer { start += 1 }
      return lookups[start]
    }
  }

  private static let backlog = Mutex(Backlog())
  private static let queue = DispatchQueue(label: "resolver", attributes: .concurrent)

  /// All addresses of `host`, in the system's order of preference; a numeric address is answered at once.
  ///
  /// - Throws: `unresolved` with the resolver's reason, `timeout`, or `exhausted` when too many names wait.
  package static func resolve(
    host: String, port: UInt16, on loop: EventLoop, timeout: Duration = .seconds(10)
  ) async throws(LoopError) -> [SocketAddress] {
    if let address = SocketAddress(ip: host, port: port) { return [address] }
    let result = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>) in
      loop.execute { start(Lookup(host, port, loop, continuation), timeout: timeout) }
    }
    return try result.get()
  }

  private static func start(_ lookup: Lookup, timeout: Duration) {
    let (isTaken, needsThread) = backlog.withLock { backlog in
      guard backlog.lookups.count - backlog.start < LoopLimits.resolverQueue else { return (false, false) }
      backlog.lookups.append(lookup)
      guard backlog.threads < LoopLimits.resolverThreads else { return (true, false) }
      backlog.threads += 1
      return (true, true)
    }
    guard isTaken else {
      let context = "resolve \(lookup.host): \(LoopLimits.resolverQueue) names wait already"
      return lookup.finish(.failure(LoopError(.exhausted, context)))
    }
    lookup.timer = lookup.loop.schedule(after: timeout) {
      lookup.finish(.failure(LoopError(.timeout, "resolve \(lookup.host) within \(timeout)")))
    }
    if needsThread { queue.async { work() } }
  }

  /// One thread's: lookups until none is left.
  private static func work() {
    while let lookup = backlog.withLock({ $0.next() }) {
      // Whoever asked may have stopped waiting.
      guard !lookup.isOver.load(ordering: .relaxed) else { continue }
      let result = blockingLookup(lookup.host, lookup.port)
      lookup.loop.execute { lookup.finish(result) }
    }
  }

  private static func blockingLookup(_ host: String, _ port: UInt16) -> Result<[SocketAddress], LoopError> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?  // Guarded by: this call alone; freed below.
    let failure = getaddrinfo(host, nil, &hints, &list)
    guard failure == 0 else {
      return .failure(LoopError(.unresolved, "resolve \(host): \(String(cString: gai_strerror(failure)))"))
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list  // Guarded by: this call alone, as the list that it walks.
    while let entry = next?.pointee {
      defer { next = entry.ai_next }
      var storage = sockaddr_storage()
      guard let source = entry.ai_addr, Int(entry.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size else { continue }
      withUnsafeMutableBytes(of: &storage) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Int(entry.ai_addrlen)))
      }
      if let address = SocketAddress(storage)?.with(port: port), !addresses.contains(address) {
        addresses.append(address)
      }
    }
    return .success(addresses)
  }
}

/// One name that somebody waits for. Guarded by: the loop's thread, but for the flag that the resolver's threads read.
private final class Lookup: @unchecked Sendable {
  let host: String
  let port: UInt16
  let loop: EventLoop
  let isOver = Atomic<Bool>(false)
  var timer: LoopTimer?
  private var continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>?

  init(
    _ host: String, _ port: UInt16, _ loop: EventLoop,
    _ continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>
  ) {
    (self.host, self.port, self.loop, self.continuation) = (host, port, loop, continuation)
  }

  func finish(_ result: Result<[SocketAddress], LoopError>) {
    isOver.store(true, ordering: .relaxed)
    timer?.cancel()
    continuation?.resume(returning: result)
    continuation = nil
  }
}
