import Loop
import Swim

/// One question to another member about its keys: an encrypted stream, a user message each way, within a deadline.
///
/// Guarded by: the loop's thread.
final class KeyCall: TCPConnectionDelegate, @unchecked Sendable {
  private enum State {
    case connecting
    case awaitingAnswer(TCPConnection)
    case over
  }

  private let transport: GossipTransport
  private let done: (KeyAnswer) -> Void
  private var decoder = StreamDecoder(readsLabel: false)
  private var state = State.connecting
  private var deadline: LoopTimer?

  private init(_ transport: GossipTransport, _ done: @escaping (KeyAnswer) -> Void) {
    (self.transport, self.done) = (transport, done)
  }

  /// A member that cannot be asked answers with the reason as a refusal.
  static func ask(
    _ order: KeyOrder, of address: SocketAddress, through transport: GossipTransport, on loop: EventLoop
  ) async -> KeyAnswer {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<KeyAnswer, Never>) in
      let call = KeyCall(transport) { continuation.resume(returning: $0) }
      call.start(order, address, loop)
    }
  }

  private func start(_ order: KeyOrder, _ address: SocketAddress, _ loop: EventLoop) {
    deadline = loop.schedule(after: GossipLimits.keyCall) { [self] in
      end(.refused("no answer within \(GossipLimits.keyCall)"))
    }
    TCPConnection.connect(to: address, on: loop, timeout: GossipLimits.keyCall) { [self] result in
      switch (state, result) {
      case (.connecting, .success(let connection)):
        state = .awaitingAnswer(connection)
        connection.delegate = self
        connection.startReading()
        connection.write(transport.envelope.request(.user(order.bytes)))
      case (.connecting, .failure(let error)): fail(error)
      case (_, .success(let connection)): connection.close()
      case (_, .failure): break
      }
    }
  }

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { decoder.append($0) }  // Guarded by: the bytes live until this call returns.
    do throws(WireError) {
      guard let event = try decoder.next() else {
        guard decoder.heldBytes <= 2 * GossipLimits.keyOrderBytes else { throw WireError(.tooLarge, at: 0) }
        return
      }
      take(event)
    } catch {
      end(.refused("answered what cannot be read: \(error)"))
    }
  }

  private func take(_ event: StreamDecoder.Event) {
    // Only what is encrypted is believed.
    guard case .encrypted(let header, let frame) = event else {
      return end(.refused("answers in the clear: it holds none of the keys that it would have to answer with"))
    }
    do throws(EnvelopeError) {
      take(try transport.envelope.open(frame: frame, header: header).message)
    } catch {
      end(.refused(Self.text(of: error)))
    }
  }

  private func take(_ message: StreamMessage) {
    switch message {
    case .user(let bytes): end(KeyAnswer(bytes) ?? .refused("answers as no Ignareo member does"))
    case .error(let text): end(.refused(text))
    case .ping, .ack, .pushPull: end(.refused("answers as no Ignareo member does"))
    }
  }

  private static func text(of error: EnvelopeError) -> String {
    switch error {
    case .sealed(.noKeyFits): "holds none of the keys that it would have to answer with"
    case .sealed(.badFrame(let code)): "answered what cannot be read: \(WireError(code, at: 0))"
    case .malformed(let error): "answered what cannot be read: \(error)"
    case .label(let detail): detail
    }
  }

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    if let error { fail(error) } else { end(.refused("closed the connection without an answer")) }
  }

  func connectionDrained(_ connection: TCPConnection) {}

  private func fail(_ error: LoopError) {
    end(.refused("cannot be reached: \(error.errno == 0 ? "\(error)" : LoopError.text(of: error.errno))"))
  }

  private func end(_ answer: KeyAnswer) {
    deadline?.cancel()
    switch state {
    case .over: return
    case .connecting: break
    case .awaitingAnswer(let connection): connection.close()
    }
    state = .over
    done(answer)
  }
}
