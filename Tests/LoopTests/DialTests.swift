import Clockwork
import Glibc
import Testing

@testable import Loop

@Suite("Dialling") struct DialTests {
  private func on(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
    let loop = try EventLoop.start(name: "dial-test")
    defer { loop.stop() }
    try await loop.spawn { try await body(loop) }.value
  }

  private static func local(_ port: UInt16, _ ip: String = "127.0.0.1") -> SocketAddress {
    SocketAddress(ip: ip, port: port)!
  }

  private func dial(
    _ addresses: [SocketAddress], on loop: EventLoop, timeout: Duration = .seconds(20)
  ) async -> Result<TCPConnection, LoopError> {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<TCPConnection, LoopError>, Never>) in
      _ = TCPDial(addresses, on: loop, timeout: timeout) { continuation.resume(returning: $0) }
    }
  }

  @Test("the families take turns, the first address's first")
  func turns() {
    let (v4, v6) = (["1.0.0.1", "1.0.0.2", "1.0.0.3"], ["::1", "::2"])
    let order = TCPDial.inTurns((v6 + v4).map { Self.local(1, $0) }).map(\.ip)
    #expect(order == ["::1", "1.0.0.1", "::2", "1.0.0.2", "1.0.0.3"])
    #expect(TCPDial.inTurns((v4 + v6).map { Self.local(1, $0) }).first?.ip == "1.0.0.1")
  }

  @Test("an address that refuses gives way to the next at once, and the last error is told when all refuse")
  func refused() async throws {
    try await on { loop in
      let listener = try TCPListener(loop: loop, address: Self.local(0)) { $0.close() }
      let open = listener.localAddress.port
      let closed = try TCPListener(loop: loop, address: Self.local(0)) { _ in }
      let port = closed.localAddress.port
      closed.close()
      let connection = try await dial([Self.local(port), Self.local(open)], on: loop).get()
      #expect(connection.peer.port == open)
      connection.close()
      listener.close()
      guard case .failure(let error) = await dial([Self.local(port), Self.local(open)], on: loop) else {
        return #expect(Bool(false), "nobody listens")
      }
      #expect(error.code == .unreachable && error.errno == ECONNREFUSED)
    }
  }

  @Test(
    "an address that says nothing is passed over after a moment, and the attempt there ends with the other's success")
  func quiet() async throws {
    try await on { loop in
      let full = try FullListener()
      let listener = try TCPListener(loop: loop, address: Self.local(0)) { $0.close() }
      defer { listener.close() }
      let before = Self.descriptors
      let connection = try await dial([Self.local(full.port), listener.localAddress], on: loop).get()
      #expect(connection.peer == listener.localAddress)
      connection.close()
      #expect(Self.descriptors == before)
    }
  }

  @Test("time is one for all attempts, and a cancelled dial tells nobody and leaves no descriptor")
  func bounds() async throws {
    try await on { loop in
      let full = try FullListener()
      let before = Self.descriptors
      let addresses = [Self.local(full.port), Self.local(full.port)]
      guard case .failure(let error) = await dial(addresses, on: loop, timeout: .milliseconds(30)) else {
        return #expect(Bool(false), "nobody answers")
      }
      #expect(error.code == .timeout && Self.descriptors == before)
      let cancelled = TCPDial(addresses, on: loop, timeout: .seconds(20)) { _ in
        #expect(Bool(false), "a cancelled dial tells nobody")
      }
      cancelled.cancel()
      await loop.yield()
      #expect(Self.descriptors == before)
    }
  }

  /// Open descriptors of this process that are sockets.
  private static var descriptors: Int {
    (0..<1024).count { descriptor in
      var status = stat()
      return fstat(Int32(descriptor), &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
  }

  @Test("a process can dial itself, once")
  func ownListener() async throws {
    try await on { loop in
      let before = Self.descriptors
      var accepted: [TCPConnection] = []
      let listener = try OwnListener(on: loop) { if case .success(let connection) = $0 { accepted.append(connection) } }
      let dialler = OwnListener.openDialler()
      let result = listener.address.withUnsafeBytes { bytes in
        connect(dialler, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
      }
      #expect(result == 0)
      while accepted.isEmpty { await loop.yield() }
      listener.close()
      let probe = Echo()
      accepted[0].delegate = probe
      accepted[0].startReading()
      #expect(write(dialler, "ping", 4) == 4)
      while probe.received.isEmpty { await loop.yield() }
      #expect(probe.received == Array("ping".utf8))
      accepted[0].close()
      close(dialler)
      #expect(Self.descriptors == before)
    }
  }

  /// Guarded by: the loop's thread.
  private final class Echo: TCPConnectionDelegate, @unchecked Sendable {
    var received: [UInt8] = []
    func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
      bytes.withUnsafeBufferPointer { received += $0 }
    }
    func connectionDrained(_ connection: TCPConnection) {}
    func connection(_ connection: TCPConnection, endedWith error: LoopError?) {}
  }
}

@Suite("Inbox") struct InboxTests {
  @Test("what many threads leave comes complete, and in the order of each of them")
  func order() async throws {
    let loop = try EventLoop.start(name: "inbox-test")
    defer { loop.stop() }
    let (threads, perThread) = (8, 5000)
    // Guarded by: the loop's thread, until the last of them has come.
    final class Seen: @unchecked Sendable { var numbers: [[Int]] = Array(repeating: [], count: 8) }
    let seen = Seen()
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<threads {
        group.addTask { for number in 0..<perThread { loop.execute { seen.numbers[thread].append(number) } } }
      }
    }
    // Left after all the others, so it runs after them.
    await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in loop.execute { done.resume() } }
    #expect(seen.numbers == Array(repeating: Array(0..<perThread), count: threads))
  }

  @Test("who finds it empty must wake the loop, and nobody else")
  func wakeUps() {
    let inbox = Inbox()
    #expect(inbox.isEmpty)
    #expect(inbox.push(.call {}))
    #expect(!inbox.push(.call {}))
    #expect(inbox.take().count == 2 && inbox.take().isEmpty)
    #expect(inbox.push(.call {}))
  }
}
