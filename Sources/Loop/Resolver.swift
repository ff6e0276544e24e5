import CLinux
import Clockwork
import Dispatch
import Glibc
import Synchronization

/// Turns host names into addresses on a few threads of its own: the C library's resolver blocks, for half a minute when
/// a name server is silent, and a loop must not.
package enum Resolver {
  private static let queues = (0..<LoopLimits.resolverThreads).map { DispatchQueue(label: "resolver-\($0)") }
  private static let next = Atomic<Int>(0)
  private static let waiting = Atomic<Int>(0)

  /// All addresses of `host`, in the system's order of preference; a numeric address is answered at once.
  ///
  /// - Throws: `unresolved` with the resolver's reason, `timeout`, or `exhausted` when too many names wait.
  package static func resolve(
    host: String, port: UInt16, on loop: EventLoop, timeout: Duration = .seconds(10)
  ) async throws(LoopError) -> [SocketAddress] {
    if let address = SocketAddress(ip: host, port: port) { return [address] }
    let result = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>) in
      loop.execute { start(Lookup(continuation), host, port, loop, timeout) }
    }
    return try result.get()
  }

  private static func start(_ lookup: Lookup, _ host: String, _ port: UInt16, _ loop: EventLoop, _ timeout: Duration) {
    guard waiting.load(ordering: .relaxed) < LoopLimits.resolverQueue else {
      return lookup.finish(
        .failure(LoopError(.exhausted, "resolve \(host): \(LoopLimits.resolverQueue) names wait already")))
    }
    waiting.wrappingAdd(1, ordering: .relaxed)
    lookup.timer = loop.schedule(after: timeout) {
      lookup.finish(.failure(LoopError(.timeout, "resolve \(host) within \(timeout)")))
    }
    let queue = queues[next.wrappingAdd(1, ordering: .relaxed).oldValue % queues.count]
    queue.async {
      let result = blockingLookup(host, port)
      waiting.wrappingSubtract(1, ordering: .relaxed)
      loop.execute { lookup.finish(result) }
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

private final class Lookup: @unchecked Sendable {
  // Guarded by: the loop's thread.
  var timer: LoopTimer?
  private var continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>?

  init(_ continuation: UnsafeContinuation<Result<[SocketAddress], LoopError>, Never>) {
    self.continuation = continuation
  }

  func finish(_ result: Result<[SocketAddress], LoopError>) {
    timer?.cancel()
    continuation?.resume(returning: result)
    continuation = nil
  }
}
