import CCurl
import HTTP
import Loop

/// Hands an answer that the loop's own engine has begun to read over to libcurl: through a local socket, which libcurl
/// dials as if it were the server, to make the request and to get what the server has answered already.
///
/// So whatever an answer holds that is not plain, compression, cookies, a head in bad order, is read by libcurl alone,
/// and the request is not made a second time.
/// Guarded by: the loop of its client.
final class CurlRelay: TCPConnectionDelegate, @unchecked Sendable {
  enum Reason {
    case cookies
    case compression
    case malformed
    /// 101, which nobody has asked for.
    case switching

    /// Nil for a plain answer.
    init?(_ head: HTTPResponseHead, for transfer: HTTPTransfer) {
      if head.status == 101 {
        self = .switching
      } else if transfer.request.cookies != nil, head.headers.contains("set-cookie") {
        self = .cookies
      } else if transfer.request.acceptsCompression, head.headers.contains("content-encoding") {
        self = .compression
      } else {
        return nil
      }
    }

    /// The next request of its kind goes to libcurl from its beginning.
    func note(at origin: Origin) {
      switch self {
      case .cookies: origin.setsCookies = true
      case .compression: origin.compresses = true
      case .malformed, .switching: break
      }
    }
  }

  private enum State {
    /// libcurl has not dialled yet.
    case waiting(OwnListener, bytes: [UInt8], endsThen: Bool)
    case open(TCPConnection)
    case over
  }

  let handle: EasyHandle
  /// Where the bytes come from, until the answer has come whole.
  private var source: HTTP1Connection?
  /// What the server's connection knew when it handed over.
  let timing: HTTPClientTiming
  private var state = State.over

  init(
    _ handle: EasyHandle, from source: HTTP1Connection, of transfer: HTTPTransfer, on loop: EventLoop
  ) throws(LoopError) {
    (self.handle, self.source) = (handle, source)
    timing = source.timing(of: transfer)
    let listener = try OwnListener(on: loop) { [unowned self] in dialled($0) }
    state = .waiting(listener, bytes: [], endsThen: false)
  }

  /// Behind the handle's loading, which sets it up from nothing.
  fileprivate func take(_ handle: EasyHandle) {
    guard case .waiting(let listener, _, _) = state else { preconditionFailure("a relay is dialled twice") }
    handle.relay(through: listener.address)
  }

  func write(_ bytes: Span<UInt8>) {
    switch state {
    case .waiting(let listener, var held, let endsThen):
      // Guarded by: copied within the call.
      bytes.withUnsafeBufferPointer { held.append(contentsOf: $0) }
      state = .waiting(listener, bytes: held, endsThen: endsThen)
      source?.pauseForRelay()
    case .open(let connection):
      // Guarded by: copied within the call.
      connection.write { output in bytes.withUnsafeBufferPointer { output.append(contentsOf: $0) } }
      if connection.isCongested { source?.pauseForRelay() }
    case .over: break
    }
  }

  private func dialled(_ result: Result<TCPConnection, LoopError>) {
    guard case .waiting(_, let held, let endsThen) = state else { return }
    guard case .success(let connection) = result else {
      // libcurl's own end is closed by the kernel now, and libcurl says so.
      state = .over
      return
    }
    state = .open(connection)
    connection.delegate = self
    connection.startReading()
    connection.write(held)
    if endsThen { connection.closeAfterFlush() } else { source?.resumeForRelay() }
  }

  /// No more comes from the server.
  func answerIsWhole(endsWithConnection: Bool) {
    source = nil
    guard endsWithConnection else { return }
    switch state {
    case .waiting(let listener, let held, _): state = .waiting(listener, bytes: held, endsThen: true)
    case .open(let connection): connection.closeAfterFlush()
    case .over: break
    }
  }

  /// The transfer is over, and libcurl's end closed.
  func end() {
    switch state {
    case .waiting(let listener, _, _): listener.close()
    case .open(let connection): connection.close()
    case .over: break
    }
    state = .over
    let source = self.source
    self.source = nil
    source?.release(self)
  }

  /// libcurl's request, which the server has had already.
  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {}

  func connectionDrained(_ connection: TCPConnection) { source?.resumeForRelay() }

  /// libcurl has closed its end; it says itself what became of the transfer.
  func connection(_ connection: TCPConnection, endedWith error: LoopError?) { connection.close() }
}

extension HTTPClient {
  func relay(_ transfer: HTTPTransfer, from source: HTTP1Connection) throws(LoopError) -> CurlRelay {
    guard case .running(_, let origin) = transfer.state else {
      preconditionFailure("a transfer that does not run is handed over")
    }
    let handle = pool.popLast() ?? EasyHandle(sockets: multi.sockets)
    let relay = try CurlRelay(handle, from: source, of: transfer, on: loop)
    // Only libcurl's own readiness to send counts from here; what the server was sent stays sent.
    transfer.sentBefore += source.sentBytes
    transfer.timesReadyToSend = 0
    transfer.state = .running(.relayed(relay), origin)
    handle.load(transfer, configuration, names: origins.takeEntries(for: origin))
    relay.take(handle)
    multi.add(handle)
    return relay
  }
}
