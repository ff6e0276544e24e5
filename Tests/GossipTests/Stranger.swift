import Loop

@testable import Gossip

/// Somebody who connects and is no member.
final class Stranger: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private let loop: EventLoop
  private var connection: TCPConnection?
  private var hasEnded = false
  private var received: [UInt8] = []
  private var waiting: [FirstCall] = []

  private init(_ loop: EventLoop) { self.loop = loop }

  static func connect(to party: Party) async throws -> Stranger {
    try await connect(to: party.membership.boundAddress)
  }

  /// - Parameters:
  ///   - loop: where it lives; without one, on a loop of its own.
  ///   - first: what it sends as soon as it is connected, whatever the test's own tasks wait for.
  ///   - reads: false for one that lets what it is sent lie.
  static func connect(
    to address: SocketAddress, on loop: EventLoop? = nil, sending first: [UInt8] = [], reads: Bool = true
  ) async throws -> Stranger {
    let stranger = Stranger(try loop ?? EventLoop.start(name: "stranger"))
    try await stranger.loop.spawn {
      try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
        TCPConnection.connect(to: address, on: stranger.loop, timeout: .seconds(10)) { result in
          switch result {
          case .success(let connection):
            stranger.connection = connection
            connection.delegate = stranger
            if reads { connection.startReading() }
            connection.write(first)
            continuation.resume()
          case .failure(let error): continuation.resume(throwing: error)
          }
        }
      }
    }.value
    return stranger
  }

  func write(_ bytes: [UInt8]) async { await loop.spawn { [self] in connection?.write(bytes) }.value }

  func close() async { await loop.spawn { [self] in connection?.closeAfterFlush() }.value }

  /// Returns when the other side has closed the connection.
  func waitForEnd() async {
    // On the loop: the thread sanitizer does not see a continuation go from one thread to another.
    await loop.spawn { [self] in
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        let call = FirstCall { continuation.resume() }
        if hasEnded { call.call() } else { waiting.append(call) }
      }
    }.value
  }

  /// How many bytes it was sent so far.
  func receivedBytes() async -> Int { await loop.spawn { [self] in received.count }.value }

  /// What it was sent so far.
  func text() async -> String { await loop.spawn { [self] in String(decoding: received, as: UTF8.self) }.value }

  func stop() {
    loop.execute { [self] in connection?.close() }
    loop.stop()
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { received += $0 }
  }

  func connectionDrained(_ connection: TCPConnection) {}

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    hasEnded = true
    for call in waiting { call.call() }
    waiting = []
  }
}
