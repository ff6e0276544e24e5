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
  private let address: SocketAddress
  private let order: KeyOrder
  private let done: (KeyAnswer) -> Void
  /// The first one encrypts the order; those that may be tried next, where the member does not understand it.
  private var keys: [GossipKey]
  private var decoder = StreamDecoder(readsLabel: false)
  private var state = State.connecting
  private var deadline: LoopTimer?

  private init(
    _ order: KeyOrder, _ address: SocketAddress, _ transport: GossipTransport, _ done: @escaping (KeyAnswer) -> Void
  ) {
    (self.order, self.address, self.transport, self.done) = (order, address, transport, done)
    keys = transport.keys(for: Swim.Address(address))
  }

  /// A member that cannot be asked answers with the reason as a refusal.
  static func ask(
    _ order: KeyOrder, of address: SocketAddress, within timeout: Duration, through transport: GossipTransport,
    on loop: EventLoop
  ) async -> KeyAnswer {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<KeyAnswer, Never>) in
      let call = KeyCall(order, address, transport) { continuation.resume(returning: $0) }
      call.start(within: timeout, on: loop)
    }
  }

  private func start(within timeout: Duration, on loop: EventLoop) {
    deadline = loop.schedule(after: timeout) { [self] in end(.refused("no answer within \(timeout)")) }
    connect(within: timeout, on: loop)
  }

  private func connect(within timeout: Duration, on loop: EventLoop) {
    TCPConnection.connect(to: address, on: loop, timeout: timeout) { [self] result in
      switch (state, result) {
      case (.connecting, .success(let connection)):
        state = .awaitingAnswer(connection)
        connection.delegate = self
        connection.startReading()
        connection.write(transport.envelope.request(.user(order.bytes), key: keys.first))
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
      let opened = try transport.envelope.open(frame: frame, header: header)
      take(opened.message, in: opened.key)
    } catch {
      if error == .sealed(.noKeyFits), tryNextKey() { return }
      end(.refused(Self.text(of: error)))
    }
  }

  /// Once more with another key: the member was away when the cluster began to use the first one.
  private func tryNextKey(preferring key: GossipKey? = nil) -> Bool {
    let rest = keys.dropFirst().filter { key == nil || $0 == key }
    guard case .awaitingAnswer(let connection) = state, !rest.isEmpty else { return false }
    connection.close()
    keys = rest
    decoder = StreamDecoder(readsLabel: false)
    state = .connecting
    connect(within: GossipLimits.keyCall, on: connection.loop)
    return true
  }

  private func take(_ message: StreamMessage, in key: GossipKey) {
    switch message {
    case .error where key != keys.first && tryNextKey(preferring: key): break
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
