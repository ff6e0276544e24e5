import Loop
import Swim

/// A stream that the machine asked for: one request, one answer. The machine keeps the time.
/// Guarded by: the loop's thread, as the transport that owns it.
final class OutgoingStream: TCPConnectionDelegate, @unchecked Sendable {
  private enum State {
    case connecting
    case awaitingAnswer(TCPConnection)
    case over
  }

  let exchange: Swim.OutgoingExchange
  let address: Swim.Address
  let request: StreamMessage
  /// The first one encrypts it; those that may be tried next. Empty in the clear.
  let keys: [GossipKey]
  private unowned let transport: GossipTransport
  private var decoder = StreamDecoder(readsLabel: false)
  private var state = State.connecting

  init(
    _ exchange: Swim.OutgoingExchange, _ address: Swim.Address, _ request: StreamMessage, _ keys: [GossipKey],
    _ transport: GossipTransport
  ) {
    (self.exchange, self.address, self.request, self.keys) = (exchange, address, request, keys)
    self.transport = transport
  }

  func start(to address: SocketAddress, request: [UInt8], timeout: Duration, on loop: EventLoop) {
    TCPConnection.connect(to: address, on: loop, timeout: timeout) { [self] result in
      switch (state, result) {
      case (.connecting, .success(let connection)):
        state = .awaitingAnswer(connection)
        connection.delegate = self
        connection.startReading()
        connection.write(request)
      case (.connecting, .failure(let error)): fail(error)
      case (_, .success(let connection)): connection.close()
      case (_, .failure): break
      }
    }
  }

  func close() {
    if case .awaitingAnswer(let connection) = state { connection.close() }
    state = .over
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { decoder.append($0) }  // Guarded by: the bytes live until this call returns.
    do throws(WireError) {
      while let event = try decoder.next() { transport.take(event, of: self, from: connection.peer) }
    } catch {
      transport.fail(self, StreamFailure(.noGossip, "sent what cannot be read: \(error)"))
    }
  }

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    if let error {
      fail(error)
    } else {
      let text = "closed the connection without a whole answer: has it another --gossip-label?"
      transport.fail(self, StreamFailure(.closed, text))
    }
  }

  func connectionDrained(_ connection: TCPConnection) {}

  private func fail(_ error: LoopError) {
    let text = error.errno == 0 ? "\(error)" : LoopError.text(of: error.errno)
    transport.fail(self, StreamFailure(.unreachable, text))
  }
}
