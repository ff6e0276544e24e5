import Loop
import Swim

/// A stream that somebody else opened: one request, at most one answer, within a deadline.
final class IncomingStream: TCPConnectionDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread, as the transport that owns it.
  let exchange: Swim.IncomingExchange
  let connection: TCPConnection
  private unowned let transport: GossipTransport
  private var decoder = StreamDecoder(readsLabel: true)
  /// What its opener says that it belongs to; empty before that, and without a label.
  var label: [UInt8] = []
  /// What it was encrypted with: its answer goes out in the same key, which its opener surely holds.
  var key: GossipKey?
  private(set) var receivedBytes = 0
  private(set) var isAnswered = false
  /// What the unfinished message takes up here, or the part of the answer that its reader has not taken.
  var heldBytes: Int { decoder.heldBytes + connection.queuedBytes }
  private var deadline: LoopTimer?

  init(_ exchange: Swim.IncomingExchange, _ connection: TCPConnection, _ transport: GossipTransport) {
    (self.exchange, self.connection, self.transport) = (exchange, connection, transport)
  }

  func start(timeout: Duration) {
    deadline = connection.loop.schedule(after: timeout) { [self] in
      if receivedBytes > 0 {
        transport.note("stream_timeout", from: connection.peer, "a stream took longer than \(timeout)")
      }
      transport.end(self)
    }
    connection.delegate = self
    connection.startReading()
  }

  /// Sends the last bytes of this stream, and closes it when they are gone or the deadline has passed. Until then it
  /// counts among the streams, and its bytes among those held: peers that never read could else make this process hold
  /// any number of answers.
  func finish(with bytes: [UInt8], lingeringIn places: LingerPlaces) {
    decoder = StreamDecoder(readsLabel: true)
    isAnswered = true
    connection.write(bytes)
    connection.closeAfterFlush(lingeringIn: places) { [weak self] in
      guard let self else { return }
      transport.letGo(self)
    }
    transport.boundHeldBytes()
  }

  /// The answer is with the kernel; what is left of the connection looks after itself.
  func letGo() { deadline?.cancel() }

  func close() {
    deadline?.cancel()
    connection.close()
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    receivedBytes += bytes.count
    bytes.withUnsafeBufferPointer { decoder.append($0) }  // Guarded by: the bytes live until this call returns.
    do throws(WireError) {
      while let event = try decoder.next() {
        transport.take(event, of: self)
        guard connection.isOpen else { return }
      }
    } catch {
      return transport.refuse(self, because: error)
    }
    transport.boundHeldBytes()
  }

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    // A peer may close its side once it has sent its request; the answer is still due.
    if error == nil, transport.isAwaitingReply(exchange) { return }
    if receivedBytes > 0, !transport.isAwaitingReply(exchange) {
      transport.note("truncated", from: connection.peer, "a stream ended within its message")
    }
    transport.end(self)
  }

  func connectionDrained(_ connection: TCPConnection) {}
}
