import HTTP
package import Loop

/// An HTTP/1.1 server on one loop: keep-alive, pipelining, streamed bodies in both directions, WebSockets.
package final class HTTPServer: @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it.
  package let loop: EventLoop
  let limits: HTTPServerLimits
  let handler: any HTTPHandler
  /// By which it is asked for, besides its addresses: who opened a page of it by one of them may act with it.
  let ownNames: Set<String>
  private var listener: TCPListener!
  private var connections: [ObjectIdentifier: any ServedConnection] = [:]
  private var clock = DateHeader()
  private(set) var isDraining = false
  /// Connections that are closed but for what is queued.
  private var closing = 0
  private let lingerPlaces: LingerPlaces
  private var collectedBytes = 0
  /// Connections ever accepted, and those that were one too many.
  private(set) var opened = 0
  private(set) var refused = 0
  var requests: RequestCounts

  /// - Parameter names: hosts by which others call it, besides this machine's own name.
  /// - Throws: `LoopError` with `addressInUse`, `badAddress` or `exhausted`.
  package init(
    loop: EventLoop, address: SocketAddress, names: [String] = [], limits: HTTPServerLimits = HTTPServerLimits(),
    handler: any HTTPHandler
  ) throws(LoopError) {
    (self.loop, self.limits, self.handler) = (loop, limits, handler)
    ownNames = Set((names + [HostName.own].compactMap { $0 }).map { $0.lowercased() })
    lingerPlaces = LingerPlaces(limit: limits.lingering)
    requests = RequestCounts(routes: handler.routes)
    listener = try TCPListener(loop: loop, address: address) { [weak self] connection in
      if let self { accept(connection) } else { connection.close() }
    }
  }

  package var localAddress: SocketAddress { listener.localAddress }
  /// Those included whose last answer is still being sent.
  package var connectionCount: Int { connections.count + closing }
  /// Ended connections that wait for their peers to have read the end.
  package var lingeringCount: Int { lingerPlaces.taken }
  /// Bytes of answers that were written and that their readers have not taken.
  package var queuedBytes: Int { connections.values.reduce(0) { $0 + $1.queuedBytes } }

  /// Frees the port and lets the connections end: idle ones at once, the others behind the answer in progress. A
  /// WebSocket's delegate is told, and closes it once nothing is owed to its peer.
  package func stopAccepting() {
    loop.assertCurrent()
    isDraining = true
    listener.close()
    for connection in connections.values { connection.endOnceIdle() }
  }

  /// Ends every connection now; exchanges in progress are aborted.
  package func close() {
    stopAccepting()
    for connection in connections.values { connection.abort() }
  }

  /// Whether some answer has begun that its peer has not got in full: parts of it are still to be written, or to be
  /// taken by the kernel, or it is a WebSocket's Close that the peer has not answered.
  package var hasUnsentAnswers: Bool {
    loop.assertCurrent()
    return closing > 0 || connections.values.contains { $0.hasUnsentAnswer }
  }

  private func accept(_ connection: TCPConnection) {
    let served = HTTPServerConnection(connection, server: self)
    connections[ObjectIdentifier(served)] = served
    opened += 1
    guard connectionCount > limits.connections else { return served.start() }
    refused += 1
    served.refuse()
  }

  /// Sends what is queued, then closes.
  func close(afterFlush connection: TCPConnection) {
    closing += 1
    connection.closeAfterFlush(lingeringIn: lingerPlaces) { [self] in closing -= 1 }
  }

  /// Takes `count` bytes more for bodies and messages that are held in memory, or gives them back if negative.
  func collect(_ count: Int) throws(HTTPError) {
    guard collectedBytes + count <= limits.collectedBytes else {
      throw HTTPError(status: 503, reason: "\(collectedBytes) bytes of other requests are being read; try again soon.")
    }
    collectedBytes += count
  }

  func forget(_ connection: any ServedConnection) { connections[ObjectIdentifier(connection)] = nil }

  /// The same connection, with another protocol on it.
  func replace(_ connection: any ServedConnection, by successor: any ServedConnection) {
    forget(connection)
    connections[ObjectIdentifier(successor)] = successor
  }

  /// The `Date` of an answer, RFC 9110 section 6.6.1, made once a second.
  var date: [UInt8] { clock.bytes(at: WallClock.now) }
}
