import Clockwork
import HTTP
import Loop

/// One kept-alive connection of the loop's own engine: a request out, its answer in, then the next.
///
/// Guarded by: the loop of its client.
final class HTTP1Connection: TCPConnectionDelegate, @unchecked Sendable {
  private enum State {
    case idle
    /// The answer is awaited, or coming in.
    case busy(HTTPTransfer)
    /// libcurl reads the answer; what comes is passed on.
    case relaying(CurlRelay, Framing)
    case closed
  }

  private enum Framing {
    /// The parser follows along, and tells where the answer ends.
    case followed
    /// The parser did not understand the head: all that comes is the answer's, to the end of the connection.
    case unknown
  }

  /// How far reading went with the bytes that are there.
  private enum Progress {
    case needsMore
    /// The owner wants no more yet.
    case paused
    case ended
    /// The owner, or a limit, broke the transfer off.
    case brokenOff
    case relayed(CurlRelay.Reason, head: [UInt8])
  }

  private let tcp: TCPConnection
  private let origin: Origin
  private let engine: HTTP1Engine
  private var state = State.idle
  // Unchecked: the parser calls nobody.
  @exclusivity(unchecked) private var parser: HTTPResponseParser
  /// What has come and is not wanted yet.
  private var pending: [UInt8] = []
  /// Of the answers that come before the answer.
  private var interimBytes = 0
  private var hasAnswered = false
  private var headIsRead = false
  private var keepsAlive = false
  private var sentAtStart = 0
  private var connectedAt: Instant?
  private var firstByteAt = Instant.zero
  private(set) var idleSince = Instant.zero
  /// In the engine's list.
  var place = 0

  init(_ tcp: TCPConnection, to origin: Origin, engine: HTTP1Engine) {
    (self.tcp, self.origin, self.engine) = (tcp, origin, engine)
    parser = HTTPResponseParser(limits: ClientLimits.message)
    connectedAt = MonotonicClock.now
    tcp.delegate = self
    tcp.startReading()
  }

  private var client: HTTPClient { engine.client }

  var isIdle: Bool { if case .idle = state { true } else { false } }

  /// Bytes of the present request that the kernel has taken.
  var sentBytes: Int { tcp.sentBytes - sentAtStart }

  // MARK: A request

  func begin(_ transfer: HTTPTransfer) {
    state = .busy(transfer)
    transfer.state = .running(.direct(self), origin)
    transfer.timesReadyToSend = 1
    parser.requestMethod = transfer.request.method
    (hasAnswered, headIsRead, interimBytes) = (false, false, 0)
    sentAtStart = tcp.sentBytes
    tcp.write { engine.write(transfer, into: &$0) }
  }

  /// The transfer is over. An answer that is still coming in ends with its connection.
  func release(_ transfer: HTTPTransfer) {
    if carries(transfer) { close() }
  }

  private func carries(_ transfer: HTTPTransfer) -> Bool {
    if case .busy(let current) = state { current === transfer } else { false }
  }

  /// Goes on with what was kept back.
  func resume(_ transfer: HTTPTransfer) {
    guard carries(transfer) else { return }
    let bytes = pending
    pending = []
    read(bytes.span, transfer)
    if carries(transfer), pending.isEmpty { tcp.startReading() }
  }

  func timing(of transfer: HTTPTransfer) -> HTTPClientTiming {
    let resolved = transfer.hopStartedAt - transfer.startedAt
    return HTTPClientTiming(
      dns: resolved, connect: max(resolved, (connectedAt ?? transfer.hopStartedAt) - transfer.startedAt),
      firstByte: firstByteAt - transfer.startedAt, total: MonotonicClock.now - transfer.startedAt)
  }

  func close() {
    if case .closed = state { return }
    if isIdle { origin.idle.removeAll { $0 === self } }
    state = .closed
    pending = []
    tcp.close()
    engine.forget(self)
  }

  // MARK: The answer

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    switch state {
    case .idle: close()  // Nobody has asked for it.
    case .busy(let transfer):
      if !hasAnswered {
        hasAnswered = true
        // The turn's own moment may lie before the request that it began with.
        firstByteAt = max(client.loop.now, transfer.hopStartedAt)
      }
      read(bytes, transfer)
    case .relaying(let relay, let framing): pass(bytes, from: 0, on: relay, framing)
    case .closed: break
    }
  }

  private func read(_ bytes: Span<UInt8>, _ transfer: HTTPTransfer) {
    var place = 0
    // What is left of before comes first; it is there only while the owner wants no more.
    let progress = pending.isEmpty ? client.nesting.inside { advance(bytes, &place, transfer) } : .paused
    guard carries(transfer) else { return }
    switch progress {
    case .needsMore: break
    case .paused:
      keep(bytes, from: place)
      tcp.stopReading()
    case .ended: end(transfer, hasRest: place < bytes.count)
    case .brokenOff: client.hopEnded(transfer)
    case .relayed(let reason, let head): relay(transfer, reason, head, bytes, from: place)
    }
  }

  private func advance(_ bytes: Span<UInt8>, _ place: inout Int, _ transfer: HTTPTransfer) -> Progress {
    do throws(HTTPError) {
      while !transfer.isPaused || !headIsRead {
        guard let event = try parser.next(in: bytes, at: &place) else { return .needsMore }
        switch event {
        case .informational(let head):
          interimBytes += head.headers.byteCount
          if interimBytes > ClientLimits.headBytes { return tooLarge(transfer) }
        case .head(let head):
          if let reason = CurlRelay.Reason(head, for: transfer) { return .relayed(reason, head: head.bytes) }
          (headIsRead, keepsAlive) = (true, head.keepsAlive)
          guard pass(head, to: transfer) else { return .brokenOff }
        case .body(let range):
          // Guarded by: the loop's receive buffer, until this call returns.
          let reception = bytes.extracting(range).withUnsafeBytes { transfer.received(body: $0) }
          if reception == .refused { return .brokenOff }
        case .end: return .ended
        }
      }
      return .paused
    } catch {
      // Of a head that is whole, but whose framing two readers could take for two, libcurl would say the same.
      guard headIsRead || parser.unfinishedHead.isEmpty else {
        return .relayed(.malformed, head: parser.unfinishedHead)
      }
      transfer.breakOff(.protocolError, error.reason)
      return .brokenOff
    }
  }

  /// Returns whether to go on.
  private func pass(_ head: HTTPResponseHead, to transfer: HTTPTransfer) -> Bool {
    let length: Int? = if case .length(let length) = head.framing { length } else { nil }
    return transfer.received(
      HTTPClientResponse.Head(
        status: head.status, url: transfer.request.url, httpVersion: head.version == .http11 ? "1.1" : "1.0",
        headers: head.headers), announcing: length)
  }

  private func tooLarge(_ transfer: HTTPTransfer) -> Progress {
    transfer.headIsTooLarge()
    return .brokenOff
  }

  private func keep(_ bytes: Span<UInt8>, from place: Int) {
    // Guarded by: copied within the call.
    bytes.extracting(place..<bytes.count).withUnsafeBufferPointer { pending.append(contentsOf: $0) }
  }

  /// The connection is free again before the owner hears of its answer, so that the next request finds it.
  private func end(_ transfer: HTTPTransfer, hasRest: Bool) {
    let timing = timing(of: transfer)
    if keepsAlive, !hasRest { rest() } else { close() }
    client.hopEnded(transfer, timing)
  }

  private func rest() {
    // An answer that came before its request was sent whole: the rest would be taken for the next one's.
    guard tcp.queuedBytes == 0, tcp.isOpen else { return close() }
    state = .idle
    connectedAt = nil
    idleSince = client.loop.now
    // Its end is to be noticed; a relay may have stopped it.
    tcp.startReading()
    origin.idle.append(self)
  }

  // MARK: Handing over

  private func relay(
    _ transfer: HTTPTransfer, _ reason: CurlRelay.Reason, _ head: [UInt8], _ bytes: Span<UInt8>, from place: Int
  ) {
    reason.note(at: origin)
    let relay: CurlRelay
    do throws(LoopError) { relay = try client.relay(transfer, from: self) } catch {
      return client.fail(transfer, .closed, "its answer cannot be handed on: \(LoopError.text(of: error.errno))")
    }
    let framing: Framing = reason == .malformed ? .unknown : .followed
    state = .relaying(relay, framing)
    relay.write(head.span)
    pass(bytes, from: place, on: relay, framing)
  }

  private func pass(_ bytes: Span<UInt8>, from start: Int, on relay: CurlRelay, _ framing: Framing) {
    var place = bytes.count
    var hasEnded = false
    if framing == .followed {
      place = start
      do throws(HTTPError) {
        while !hasEnded, let event = try parser.next(in: bytes, at: &place) {
          if case .end = event { hasEnded = true }
        }
      } catch {
        // libcurl finds the same fault, or does not mind; where the answer ends is not known any more.
        state = .relaying(relay, .unknown)
        place = bytes.count
      }
    }
    relay.write(bytes.extracting(start..<place))
    guard hasEnded else { return }
    relay.answerIsWhole(endsWithConnection: false)
    if parser.isIdle, !parser.isClosed, place == bytes.count { rest() } else { close() }
  }

  /// The relay's transfer is over.
  func release(_ relay: CurlRelay) {
    if case .relaying(let current, _) = state, current === relay { close() }
  }

  func pauseForRelay() { tcp.stopReading() }
  func resumeForRelay() { tcp.startReading() }

  // MARK: The connection's end

  func connectionDrained(_ connection: TCPConnection) {}

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    switch state {
    case .idle: close()
    case .busy(let transfer): ended(transfer, error)
    case .relaying(let relay, _):
      relay.answerIsWhole(endsWithConnection: true)
      close()
    case .closed: break
    }
  }

  private func ended(_ transfer: HTTPTransfer, _ error: LoopError?) {
    let (wasReused, sent) = (connectedAt == nil, sentBytes)
    if error == nil, headIsRead, case .end? = try? parser.endOfInput() {
      let timing = timing(of: transfer)
      close()
      return client.hopEnded(transfer, timing)
    }
    // Taken out first: what follows may begin the request anew.
    close()
    guard !hasAnswered else { return client.fail(transfer, .closed, brokenText(transfer, error)) }
    guard wasReused else {
      let cause = error.map { "the connection broke before an answer: \(LoopError.text(of: $0.errno))" }
      return client.fail(transfer, .closed, cause ?? "it closed the connection without an answer")
    }
    guard sent == 0 || transfer.request.mayBeSentTwice else {
      return client.fail(transfer, .closed, transfer.notSentTwice)
    }
    transfer.sentBefore += sent
    transfer.timesReadyToSend = 0
    engine.dial(transfer, at: origin)
  }

  private func brokenText(_ transfer: HTTPTransfer, _ error: LoopError?) -> String {
    guard headIsRead else { return "it closed the connection within its answer's head" }
    let cause = error.map { LoopError.text(of: $0.errno) } ?? "its end has not come"
    return "the connection broke after \(transfer.bodyBytes) bytes of the body: \(cause)"
  }
}
