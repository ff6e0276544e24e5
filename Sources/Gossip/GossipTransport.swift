import HTTP
import Loop
import Swim

/// memberlist's bytes on sockets: one port for datagrams and streams, sealed where there is a key.
///
/// What comes in is decoded and handed on as an `Arrival`; what is no use is counted, logged at most once a second, and
/// harms nobody. Guarded by: the loop's thread; each entry is called there.
final class GossipTransport: @unchecked Sendable {
  enum Arrival {
    case datagram([Message], from: Swim.Address)
    case request(StreamMessage, Swim.IncomingExchange)
    case answer(StreamMessage, Swim.OutgoingExchange)
    case failure(Swim.OutgoingExchange, StreamFailure)
  }

  private let loop: EventLoop
  /// The keys may change while others use them.
  var envelope: Envelope
  private let timeout: Duration
  private let heldLimit: Int
  private let arrived: (Arrival) -> Void
  private(set) var garbage: GarbageCounter
  private(set) var traffic = GossipTraffic()
  private var port: (listener: TCPListener, socket: UDPSocket)?
  private var incoming: [Swim.IncomingExchange: IncomingStream] = [:]
  private var awaitingReply: Set<Swim.IncomingExchange> = []
  private var outgoing: [Swim.OutgoingExchange: OutgoingStream] = [:]
  /// Which of the keys others understand.
  private(set) var peerKeys = PeerKeys()
  /// A stream of ours was answered that was not encrypted with this member's first key, since the other did not
  /// understand that one; called before the answer arrives.
  var understood: ((Swim.OutgoingExchange, Swim.Address, GossipKey) -> Void)?
  private var nextIncoming: UInt64 = 0
  /// Answered streams whose peers have not closed: each still has its descriptor.
  private let lingerPlaces = LingerPlaces(limit: GossipLimits.lingeringStreams)

  /// - Parameters:
  ///   - timeout: how long a stream may take in all.
  ///   - heldLimit: bytes that the streams of others may take up, all together, their unread answers included.
  init(
    loop: EventLoop, envelope: Envelope = Envelope(), timeout: Duration, heldLimit: Int = GossipLimits.incomingBytes,
    log: Log, arrived: @escaping (Arrival) -> Void
  ) {
    (self.loop, self.envelope, self.timeout, self.arrived) = (loop, envelope, timeout, arrived)
    self.heldLimit = heldLimit
    garbage = GarbageCounter(log: log)
  }

  func bind(_ address: SocketAddress, as authority: Authority) throws(StartError) -> SocketAddress {
    let port = try GossipPort.bind(
      address, as: authority, on: loop,
      accepted: { [weak self] in self?.accept($0) }, received: { [weak self] in self?.receive($0, from: $1) })
    self.port = port
    return port.listener.localAddress
  }

  func close() {
    port?.listener.close()
    port?.socket.close()
    port = nil
    for stream in incoming.values { stream.close() }
    for stream in outgoing.values { stream.close() }
    incoming = [:]
    outgoing = [:]
    awaitingReply = []
  }

  /// Datagrams that came faster than they could be read.
  var overflow: Int { port?.socket.overflow ?? 0 }

  func note(_ reason: String, from source: SocketAddress, _ detail: @autoclosure () -> String) {
    garbage.note(reason, from: source, detail(), wayOut: GarbageCounter.notMemberlist, at: loop.now)
  }

  // MARK: Datagrams

  /// - Returns: false when this machine could not send it.
  func send(_ messages: [Message], to address: Swim.Address) -> Bool {
    guard let socket = port?.socket, let target = address.socketAddress else { return false }
    let unsent = socket.unsent
    let bytes = envelope.datagram(messages)
    socket.send(bytes, to: target)
    guard socket.unsent == unsent else {
      traffic.unsentDatagrams += 1
      return false
    }
    traffic.sent.note(datagram: bytes.count, messages: messages.count)
    return true
  }

  private func receive(_ bytes: Span<UInt8>, from source: SocketAddress) {
    var plain = bytes.withUnsafeBufferPointer { Array($0) }  // Guarded by: the bytes live until this call returns.
    do throws(EnvelopeError) {
      plain = try envelope.open(datagram: plain)
    } catch {
      return garbage.note(error, from: source, at: loop.now)
    }
    let contents = Packet.decode(plain)
    traffic.received.note(datagram: bytes.count, messages: contents.messages.count)
    for fault in contents.faults { garbage.note(fault, from: source, at: loop.now) }
    if !contents.messages.isEmpty { arrived(.datagram(contents.messages, from: Swim.Address(source))) }
  }

  // MARK: Streams that others open

  private func accept(_ connection: TCPConnection) {
    // The newcomer may be a member that makes its last attempt to reach this one.
    if incoming.count >= Swim.Limits.incomingExchanges, let stalled = StreamEviction.choose(among: incoming.values) {
      note("streams_full", from: stalled.connection.peer, "\(incoming.count) streams at once: one of them is ended")
      end(stalled)
    }
    nextIncoming += 1
    traffic.received.streams += 1
    let stream = IncomingStream(Swim.IncomingExchange(number: nextIncoming), connection, self)
    incoming[stream.exchange] = stream
    stream.start(timeout: timeout)
  }

  func isAwaitingReply(_ exchange: Swim.IncomingExchange) -> Bool { awaitingReply.contains(exchange) }

  /// What the unfinished streams of others take up, and the answers that they have not read.
  var heldBytes: Int { incoming.values.reduce(0) { $0 + $1.heldBytes } }
  /// Answered streams that wait for their peers to close.
  var lingeringCount: Int { lingerPlaces.taken }

  /// Ends streams while all together hold too much: whoever sends or is sent little is not to pay for it.
  func boundHeldBytes() {
    var held = heldBytes
    while held > heldLimit, let heavy = StreamEviction.chooseHeavy(among: incoming.values) {
      note("streams_too_large", from: heavy.connection.peer, "\(held) bytes in streams, too many of them here")
      held -= heavy.heldBytes
      end(heavy)
    }
  }

  func take(_ event: StreamDecoder.Event, of stream: IncomingStream) {
    let source = stream.connection.peer
    if case .label(let label) = event { return stream.label = label }
    // Another cluster's stream is closed without a word, as memberlist does.
    if let detail = envelope.mismatch(stream.label) {
      garbage.note(.label(detail), from: source, at: loop.now)
      return end(stream)
    }
    switch event {
    case .label: break
    case .encrypted(let header, let frame):
      guard envelope.keyring != nil else {
        note("encrypted", from: source, "a stream is encrypted, and this member has no key")
        return finish(stream, with: .error("encrypted, and this member has no key"))
      }
      guard let (message, key) = open(frame, header, from: source) else {
        return finish(stream, with: .error("no key fits"))
      }
      stream.key = key
      take(message, of: stream)
    case .skipped(let skipped): if envelope.keyring == nil { garbage.note(skipped, from: source, at: loop.now) }
    case .message(let message):
      guard envelope.keyring == nil else {
        garbage.note(.sealed(.noKeyFits), from: source, at: loop.now)
        return finish(stream, with: .error("not encrypted, and this member has a key"))
      }
      take(message, of: stream)
    }
  }

  private func take(_ message: StreamMessage, of stream: IncomingStream) {
    switch message {
    case .ping, .pushPull, .user:
      awaitingReply.insert(stream.exchange)
      arrived(.request(message, stream.exchange))
    case .ack, .error:
      note("unexpected", from: stream.connection.peer, "a stream begins with an answer")
      end(stream)
    }
  }

  /// Answers what cannot be read with an error, as memberlist does, and closes.
  func refuse(_ stream: IncomingStream, because error: WireError) {
    garbage.note(error, from: stream.connection.peer, at: loop.now)
    guard envelope.mismatch(stream.label) == nil else { return end(stream) }
    finish(stream, with: .error(error.description))
  }

  func reply(_ message: StreamMessage, to exchange: Swim.IncomingExchange) {
    awaitingReply.remove(exchange)
    if let stream = incoming[exchange] { finish(stream, with: message) }
  }

  private func finish(_ stream: IncomingStream, with answer: StreamMessage) {
    stream.finish(with: envelope.reply(answer, key: stream.key), lingeringIn: lingerPlaces)
  }

  func close(_ exchange: Swim.IncomingExchange) {
    if let stream = incoming[exchange] { end(stream) }
  }

  func end(_ stream: IncomingStream) {
    stream.close()
    forget(stream)
  }

  func letGo(_ stream: IncomingStream) {
    stream.letGo()
    forget(stream)
  }

  private func forget(_ stream: IncomingStream) {
    awaitingReply.remove(stream.exchange)
    if incoming[stream.exchange] === stream { incoming[stream.exchange] = nil }
  }

  private func open(
    _ frame: [UInt8], _ header: [UInt8], from source: SocketAddress
  ) -> (message: StreamMessage, key: GossipKey)? {
    do throws(EnvelopeError) {
      let (message, key, skipped) = try envelope.open(frame: frame, header: header)
      if let skipped { garbage.note(skipped, from: source, at: loop.now) }
      return (message, key)
    } catch {
      garbage.note(error, from: source, at: loop.now)
      return nil
    }
  }

  // MARK: Streams of our own

  func open(_ exchange: Swim.OutgoingExchange, to address: Swim.Address, _ request: StreamMessage) {
    traffic.sent.streams += 1
    dial(exchange, address, request, keys(for: address))
  }

  /// What to encrypt a stream to that address with, in turn; empty in the clear.
  func keys(for address: Swim.Address) -> [GossipKey] {
    peerKeys.order(for: address, envelope.keyring, at: loop.now)
  }

  /// - Parameter keys: to encrypt with, in turn, until the other understands; empty in the clear.
  private func dial(
    _ exchange: Swim.OutgoingExchange, _ address: Swim.Address, _ request: StreamMessage, _ keys: [GossipKey]
  ) {
    let stream = OutgoingStream(exchange, address, request, keys, self)
    outgoing[exchange] = stream
    guard let target = address.socketAddress, port != nil else {
      return loop.execute { [self] in fail(stream, StreamFailure(.unreachable, "\(address) is no address to dial")) }
    }
    stream.start(to: target, request: envelope.request(request, key: keys.first), timeout: timeout, on: loop)
  }

  func abandon(_ exchange: Swim.OutgoingExchange) { outgoing.removeValue(forKey: exchange)?.close() }

  func take(_ event: StreamDecoder.Event, of stream: OutgoingStream, from source: SocketAddress) {
    switch event {
    case .label: fail(stream, StreamFailure(.noGossip, "answered with a label"))
    case .skipped(let skipped): if envelope.keyring == nil { garbage.note(skipped, from: source, at: loop.now) }
    case .message(.error(let text)) where envelope.keyring != nil:
      fail(stream, StreamFailure(.noKeyThere, "refused in the clear: \(text)"))
    case .message(let message):
      guard envelope.keyring == nil else {
        return fail(stream, StreamFailure(.noKeyThere, "answered unencrypted: it has no gossip key"))
      }
      finish(stream, message, in: nil)
    case .encrypted(let header, let frame):
      guard envelope.keyring != nil else {
        return fail(
          stream, StreamFailure(.noKeyHere, "answered encrypted: it has a gossip key, this member has none"))
      }
      guard let (message, key) = open(frame, header, from: source) else {
        return tryNextKey(stream, StreamFailure(.wrongKey, "answered with another gossip key"))
      }
      finish(stream, message, in: key)
    }
  }

  /// - Parameter key: what the answer is encrypted with.
  private func finish(_ stream: OutgoingStream, _ message: StreamMessage, in key: GossipKey?) {
    if case .error(let text) = message {
      let failure = StreamFailure(.refused, "refused: \(text)")
      // Whoever understood the request answers in its key; this one speaks another of ours.
      guard let key, key != stream.keys.first else { return fail(stream, failure) }
      return tryNextKey(stream, StreamFailure(.wrongKey, failure.text), preferring: key)
    }
    guard outgoing[stream.exchange] === stream else { return }
    abandon(stream.exchange)
    noteUnderstood(stream)
    arrived(.answer(message, stream.exchange))
  }

  private func noteUnderstood(_ stream: OutgoingStream) {
    guard let key = stream.keys.first, let first = envelope.keyring?.keys.first else { return }
    peerKeys.note(key, of: stream.address, first: first, at: loop.now)
    if key != first { understood?(stream.exchange, stream.address, key) }
  }

  /// The same once more, encrypted with the next of the keys that were not tried: a member that was away while the
  /// cluster's key changed holds another one first than the others do.
  private func tryNextKey(_ stream: OutgoingStream, _ failure: StreamFailure, preferring key: GossipKey? = nil) {
    guard outgoing[stream.exchange] === stream else { return }
    let rest = stream.keys.dropFirst().filter { key == nil || $0 == key }
    guard !rest.isEmpty else { return fail(stream, failure) }
    stream.close()
    dial(stream.exchange, stream.address, stream.request, rest)
  }

  func fail(_ stream: OutgoingStream, _ failure: StreamFailure) {
    guard outgoing[stream.exchange] === stream else { return }
    abandon(stream.exchange)
    arrived(.failure(stream.exchange, failure))
  }
}

extension Swim.Address {
  init(_ address: SocketAddress) { self.init(ipBytes: address.ipBytes, port: address.port)! }

  /// nil where the machine was told of an address that no socket can have (port 0).
  var socketAddress: SocketAddress? { port == 0 ? nil : SocketAddress(ipBytes: ipBytes, port: port) }
}
