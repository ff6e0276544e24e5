import CLinux
import Clockwork
import Glibc
import Synchronization

/// Turns host names into addresses on a few threads of its own: the C library's resolver blocks, for half a minute when
/// a name server is silent, and a loop must not.
package final class Resolver: Sendable {
  /// Blocks its thread.
  package typealias BlockingLookup = @Sendable (_ host: String, UInt16) -> Result<[SocketAddress], LoopError>

  /// The system's: `getaddrinfo`, with what nsswitch.conf says of it.
  package static let system = Resolver(lookUp: getAddresses)

  /// Lookups in the order of their asking, and how many threads work on them. One queue for all threads: a silent name
  /// server holds up one thread, not everybody behind it.
  private struct Backlog {
    var lookups = FIFO<Lookup>()
    var threads = 0
  }

  private let backlog = Lock(Backlog())
  private let lookUp: BlockingLookup

  package init(lookUp: @escaping BlockingLookup) { self.lookUp = lookUp }

  /// All addresses of `host`, in the system's order of preference; a numeric address is answered at once.
  ///
  /// - Parameter timeout: for the lookup itself. The wait for a thread has a longer one of its own: that ten thousand
  ///   names are asked for at once is no fault of the last of them.
  /// - Throws: `unresolved` with the resolver's reason, `timeout`, or `exhausted` when too many names wait.
  package static func resolve(
    host: String, port: UInt16, on loop: EventLoop, timeout: Duration = .seconds(10)
  ) async throws(LoopError) -> [SocketAddress] {
    try await system.resolve(host: host, port: port, on: loop, timeout: timeout)
  }

  package func resolve(
    host: String, port: UInt16, on loop: EventLoop, timeout: Duration = .seconds(10)
  ) async throws(LoopError) -> [SocketAddress] {
    if let address = SocketAddress(ip: host, port: port) { return [address] }
    let result = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>) in
      loop.execute { [self] in start(Lookup(host, port, loop, timeout, continuation)) }
    }
    return try result.get()
  }

  private func start(_ lookup: Lookup) {
    let (isTaken, needsThread) = backlog.withLock { backlog in
      guard backlog.lookups.count < LoopLimits.resolverQueue else { return (false, false) }
      backlog.lookups.append(lookup)
      guard backlog.threads < LoopLimits.resolverThreads else { return (true, false) }
      backlog.threads += 1
      return (true, true)
    }
    guard isTaken else {
      let context = "resolve \(lookup.host): \(LoopLimits.resolverQueue) names wait already"
      return lookup.finish(.failure(LoopError(.exhausted, context)))
    }
    lookup.limit(LoopLimits.resolverWait, "wait for a thread to resolve \(lookup.host)")
    if needsThread { startThread() }
  }

  /// Threads and not a dispatch queue: that has about as many as there are cores, however many of them are blocked.
  private func startThread() {
    var handle = pthread_t()
    let argument = Unmanaged.passRetained(self).toOpaque()  // Guarded by: handed to the new thread alone.
    let failure = pthread_create(
      &handle, nil,
      { argument in
        _ = "resolver".withCString { shim_name_thread($0) }
        Unmanaged<Resolver>.fromOpaque(argument!).takeRetainedValue().work()
        return nil
      }, argument)
    guard failure == 0 else {
      Unmanaged<Resolver>.fromOpaque(argument).release()
      return noThread(errno: failure)
    }
    pthread_detach(handle)
  }

  /// Other threads go on with what waits; without any, all that wait are told.
  private func noThread(errno: Int32) {
    let stranded: [Lookup] = backlog.withLock { backlog in
      backlog.threads -= 1
      var stranded: [Lookup] = []
      while backlog.threads == 0, let lookup = backlog.lookups.popFirst() { stranded.append(lookup) }
      return stranded
    }
    for lookup in stranded {
      let error = LoopError(errno: errno, "start a thread to resolve \(lookup.host)")
      lookup.loop.execute { lookup.finish(.failure(error)) }
    }
  }

  /// One thread's: lookups until none is left.
  private func work() {
    while let lookup = next() {
      // Whoever asked may have stopped waiting.
      guard !lookup.isOver.load(ordering: .relaxed) else { continue }
      lookup.loop.execute { lookup.limit(lookup.timeout, "resolve \(lookup.host)") }
      let result = lookUp(lookup.host, lookup.port)
      lookup.loop.execute { lookup.finish(result) }
    }
  }

  private func next() -> Lookup? {
    backlog.withLock { backlog in
      if let lookup = backlog.lookups.popFirst() { return lookup }
      backlog.threads -= 1
      return nil
    }
  }

  @Sendable private static func getAddresses(_ host: String, _ port: UInt16) -> Result<[SocketAddress], LoopError> {
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
  let timeout: Duration
  private var timer: LoopTimer?
  private var continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>?

  init(
    _ host: String, _ port: UInt16, _ loop: EventLoop, _ timeout: Duration,
    _ continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>
  ) {
    (self.host, self.port, self.loop, self.timeout, self.continuation) = (host, port, loop, timeout, continuation)
  }

  /// From here on it may take so long, whatever limit there was before.
  func limit(_ duration: Duration, _ context: String) {
    guard continuation != nil else { return }
    timer?.cancel()
    timer = loop.schedule(after: duration) { [self] in
      finish(.failure(LoopError(.timeout, "\(context) within \(duration)")))
    }
  }

  func finish(_ result: Result<[SocketAddress], LoopError>) {
    isOver.store(true, ordering: .relaxed)
    timer?.cancel()
    continuation?.resume(returning: result)
    continuation = nil
  }
}
