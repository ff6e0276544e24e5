import Clockwork
import HTTP
import Loop

/// The loop's own HTTP/1.1 engine: the common case (`PlainRequest`) on kept-alive connections straight on epoll.
///
/// Which engine ran is nobody's business: admission, time-outs, redirects, limits and errors are the client's, the
/// bytes of a request are the same, and an answer that is not plain is read by libcurl (`CurlRelay`).
/// Guarded by: the loop of the client that holds it.
final class HTTP1Engine: @unchecked Sendable {
  /// Owns this engine, and closes it before it goes.
  unowned(unsafe) let client: HTTPClient
  /// In no order; each knows its place.
  private var connections: [HTTP1Connection] = []
  /// Connections ever opened.
  private(set) var opened = 0
  private var sweep: LoopTimer?
  private let userAgent: [UInt8]?

  init(_ client: HTTPClient) {
    self.client = client
    userAgent = client.configuration.userAgent.map { Array("User-Agent: \($0)\r\n".utf8) }
  }

  /// Connections open now, idle ones included.
  var open: Int { connections.count }

  func start(_ transfer: HTTPTransfer, at origin: Origin) {
    if let connection = origin.idle.popLast() { return connection.begin(transfer) }
    dial(transfer, at: origin)
  }

  func dial(_ transfer: HTTPTransfer, at origin: Origin) {
    let timeout = transfer.request.connectTimeout
    let dial = TCPDial(origin.socketAddresses, on: client.loop, timeout: timeout) { [self] result in
      switch result {
      case .success(let tcp): add(HTTP1Connection(tcp, to: origin, engine: self), for: transfer)
      // A connection that nobody uses gives its descriptor to one that is needed.
      case .failure(let error) where error.code == .exhausted && closeLongestIdle(): self.dial(transfer, at: origin)
      case .failure(let error): client.fail(transfer, .connect, Self.cause(of: error, within: timeout))
      }
    }
    transfer.state = .running(.dialling(dial), origin)
  }

  func write(_ transfer: HTTPTransfer, into bytes: inout [UInt8]) {
    HTTP1RequestHead.append(transfer, userAgent: userAgent, into: &bytes)
    if case .bytes(let body) = transfer.request.body { bytes += body }
  }

  func close() {
    while let connection = connections.last { connection.close() }
    sweep?.cancel()
    sweep = nil
  }

  private static func cause(of error: LoopError, within timeout: Duration) -> String {
    switch error.code {
    case .exhausted: "no socket can be opened: \(LoopError.text(of: error.errno))"
    case .timeout where error.errno == 0: "not connected within \(timeout.inSeconds) s"
    default: "connect: \(LoopError.text(of: error.errno))"
    }
  }

  // MARK: Connections

  private func add(_ connection: HTTP1Connection, for transfer: HTTPTransfer) {
    opened += 1
    connection.place = connections.count
    connections.append(connection)
    connection.begin(transfer)
    if connections.count > client.configuration.maxConnections { closeLongestIdle() }
    sweepLater()
  }

  func forget(_ connection: HTTP1Connection) {
    let last = connections.removeLast()
    guard last !== connection else { return }
    connections[connection.place] = last
    last.place = connection.place
  }

  /// A quarter of those that are idle, so that the walk is paid for by as many new ones. Returns whether there was one.
  @discardableResult
  func closeLongestIdle() -> Bool {
    let idle = connections.filter(\.isIdle).sorted { $0.idleSince < $1.idleSince }
    for connection in idle.prefix(idle.count / 4 + 1) { connection.close() }
    return !idle.isEmpty
  }

  private func sweepLater() {
    guard sweep == nil, !connections.isEmpty else { return }
    sweep = client.loop.schedule(after: ClientLimits.idleConnection / 4) { [unowned self] in
      sweep = nil
      let now = client.loop.now
      for connection in connections.filter(\.isIdle) where now - connection.idleSince >= ClientLimits.idleConnection {
        connection.close()
      }
      sweepLater()
    }
  }
}
