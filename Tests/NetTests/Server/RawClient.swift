import Testing

@testable import Loop

/// A client that says exactly the bytes it is given, and waits for exactly the bytes it expects.
final class RawClient: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private let connection: TCPConnection
  private(set) var received: [UInt8] = []
  private(set) var isEnded = false
  private var waiter: (condition: (RawClient) -> Bool, continuation: UnsafeContinuation<Void, Never>)?

  private init(_ connection: TCPConnection) {
    self.connection = connection
    connection.delegate = self
    connection.startReading()
  }

  static func connect(_ address: SocketAddress, _ loop: EventLoop) async throws -> RawClient {
    try await withUnsafeThrowingContinuation { continuation in
      TCPConnection.connect(to: address, on: loop, timeout: .seconds(10)) { result in
        continuation.resume(with: result.map { RawClient($0) }.mapError { $0 as any Error })
      }
    }
  }

  func send(_ text: String) { send(Array(text.utf8)) }
  func send(_ bytes: [UInt8]) { connection.write(bytes) }
  func stopReading() { connection.pauseReading() }
  func goOnReading() { connection.startReading() }
  var queuedBytes: Int { connection.queuedBytes }
  func close() { connection.close() }
  func reset() { connection.reset() }

  var text: String { String(decoding: received, as: UTF8.self) }

  /// Waits until the received text ends with `suffix`, and takes it.
  func take(endingWith suffix: String) async -> String {
    await wait { $0.isEnded || $0.received.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
    defer { received = [] }
    return text
  }

  /// Everything until the server closes.
  func takeAll() async -> String {
    await wait { $0.isEnded }
    defer { received = [] }
    return text
  }

  func wait(until condition: @escaping (RawClient) -> Bool) async {
    if condition(self) { return }
    await withUnsafeContinuation { waiter = (condition, $0) }
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { received.append(contentsOf: $0) }
    wakeIfMet()
  }

  func connectionDrained(_ connection: TCPConnection) {}

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    isEnded = true
    wakeIfMet()
  }

  private func wakeIfMet() {
    guard let (condition, continuation) = waiter, condition(self) else { return }
    waiter = nil
    continuation.resume()
  }
}
