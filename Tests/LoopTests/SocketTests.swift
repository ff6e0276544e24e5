import Loop
import Testing

@Suite struct SocketTests {
  /// A connection as a story: waits for what its delegate is told.
  private final class Probe: TCPConnectionDelegate, @unchecked Sendable {
    // Guarded by: the loop's thread.
    private(set) var received: [UInt8] = []
    private(set) var ending: (ended: Bool, error: LoopError?) = (false, nil)
    private(set) var drained = 0
    var onReceive: ((TCPConnection, [UInt8]) -> Void)?
    var onDrain: ((TCPConnection) -> Void)?
    private var waiter: (condition: (Probe) -> Bool, continuation: UnsafeContinuation<Void, Never>)?

    func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
      let copy = bytes.withUnsafeBufferPointer { Array($0) }
      received += copy
      onReceive?(connection, copy)
      wakeIfMet()
    }

    func connectionDrained(_ connection: TCPConnection) {
      drained += 1
      onDrain?(connection)
      wakeIfMet()
    }

    func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
      ending = (true, error)
      wakeIfMet()
    }

    func wait(until condition: @escaping (Probe) -> Bool) async {
      if condition(self) { return }
      await withUnsafeContinuation { waiter = (condition, $0) }
    }

    private func wakeIfMet() {
      guard let (condition, continuation) = waiter, condition(self) else { return }
      waiter = nil
      continuation.resume()
    }
  }

  private final class Echo: @unchecked Sendable {
    // Guarded by: the loop's thread.
    var connections: [TCPConnection] = []
    let probe = Probe()
    var listener: TCPListener!

    init(_ loop: EventLoop, onAccept: @escaping (TCPConnection) -> Void = { $0.startReading() }) throws(LoopError) {
      probe.onReceive = { $0.write($1) }
      listener = try TCPListener(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!) { [unowned self] in
        connections.append($0)
        $0.delegate = probe
        onAccept($0)
      }
    }
  }

  private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Value) async throws
    -> Value
  {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    return try await loop.spawn { () async throws -> Value in try await body(loop) }.value
  }

  private static func connect(_ address: SocketAddress, _ loop: EventLoop) async throws -> TCPConnection {
    try await withUnsafeThrowingContinuation { continuation in
      TCPConnection.connect(to: address, on: loop, timeout: .seconds(10)) {
        continuation.resume(with: $0.mapError { $0 as any Error })
      }
    }
  }

  @Test("three megabytes go there and back, through congestion on the way", .timeLimit(.minutes(1)))
  func echo() async throws {
    try await onLoop { loop in
      let echo = try Echo(loop)
      let connection = try await Self.connect(echo.listener.localAddress, loop)
      let probe = Probe()
      connection.delegate = probe
      connection.startReading()
      let payload = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      connection.write(payload)
      #expect(connection.isCongested)
      await probe.wait { $0.received.count == payload.count && $0.drained == 1 }
      #expect(probe.received == payload)
      connection.closeAfterFlush()
      await echo.probe.wait { $0.ending.ended }
      #expect(echo.probe.ending.error == nil)
    }
  }

  @Test(
    "what is written whenever a connection has drained is sent though no timer wakes the loop", .timeLimit(.minutes(1)))
  func writeOnDrain() async throws {
    let writing = try EventLoop.start(name: "writer")
    defer { writing.stop() }
    let piece = [UInt8](repeating: 0x61, count: LoopLimits.congestedBytes + 1)
    let echo = try await writing.spawn {
      let echo = try Echo(writing) { $0.write(piece) }
      echo.probe.onDrain = { [unowned probe = echo.probe] in if probe.drained < 40 { $0.write(piece) } }
      return echo
    }.value
    try await onLoop { loop in
      let connection = try await Self.connect(echo.listener.localAddress, loop)
      let probe = Probe()
      connection.delegate = probe
      connection.startReading()
      await probe.wait { $0.received.count == 40 * piece.count }
      connection.close()
    }
    await writing.spawn { for connection in echo.connections { connection.close() } }.value
  }

  @Test("a peer's reset ends the connection with its reason, read while paused too", .timeLimit(.minutes(1)))
  func reset() async throws {
    try await onLoop { loop in
      let echo = try Echo(loop, onAccept: { _ in })
      let connection = try await Self.connect(echo.listener.localAddress, loop)
      while echo.connections.isEmpty { await loop.yield() }
      echo.connections[0].startReading()
      echo.connections[0].pauseReading()
      connection.reset()
      await echo.probe.wait { $0.ending.error != nil }
      #expect(echo.probe.ending.error?.code == .closed)
    }
  }

  @Test("a port in use and a port where nobody listens are named", .timeLimit(.minutes(1)))
  func badAddresses() async throws {
    try await onLoop { loop in
      let echo = try Echo(loop)
      let address = echo.listener.localAddress
      #expect { _ = try TCPListener(loop: loop, address: address) { _ in } } throws: {
        ($0 as? LoopError)?.code == .addressInUse && "\($0)".contains("bind \(address)")
      }
      echo.listener.close()
      await #expect {
        _ = try await Self.connect(address, loop)
      } throws: {
        ($0 as? LoopError)?.code == .unreachable && "\($0)".contains("\(address)")
      }
    }
  }

  @Test("datagrams arrive whole, with their sender", .timeLimit(.minutes(1)))
  func datagrams() async throws {
    try await onLoop { loop in
      let any = SocketAddress(ip: "127.0.0.1", port: 0)!
      let sender = try UDPSocket(loop: loop, address: any) { _, _ in }
      let (bytes, source): ([UInt8], SocketAddress) = try await withUnsafeThrowingContinuation { continuation in
        do {
          var receiver: UDPSocket?
          receiver = try UDPSocket(loop: loop, address: any) { bytes, source in
            continuation.resume(returning: (bytes.withUnsafeBufferPointer { Array($0) }, source))
            receiver?.close()
          }
          sender.send(Array(repeating: 7, count: 1400), to: receiver!.localAddress)
        } catch {
          continuation.resume(throwing: error)
        }
      }
      #expect(bytes == Array(repeating: 7, count: 1400))
      #expect(source == sender.localAddress)
    }
  }

  @Test("names are resolved off the loop, numbers at once, nonsense with a reason", .timeLimit(.minutes(1)))
  func resolve() async throws {
    try await onLoop { loop in
      #expect(try await Resolver.resolve(host: "::1", port: 80, on: loop).map(\.description) == ["[::1]:80"])
      let local = try await Resolver.resolve(host: "localhost", port: 9, on: loop)
      #expect(local.contains { $0.ip == "127.0.0.1" || $0.ip == "::1" })
      await #expect {
        _ = try await Resolver.resolve(host: "no-such-host.invalid", port: 1, on: loop)
      } throws: {
        "\($0)".contains("no-such-host.invalid")
      }
    }
  }

  @Test(
    "an address is written as people write it",
    arguments: [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80"), ("::ffff:10.0.0.1", "10.0.0.1:80")])
  func addressText(_ ip: String, _ text: String) { #expect(SocketAddress(ip: ip, port: 80)?.description == text) }
}
