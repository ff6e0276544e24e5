import Clockwork
import HTTP
import Loop

/// One client's connection: bytes in, exchanges out, one at a time in the order of the requests.
///
/// The parser runs only as far as somebody wants what it yields: a body that the handler does not read stays in the
/// kernel's buffer, and so does a pipelined request while the one before it is answered. That is all the back-pressure
/// there is, and all that is needed.
final class HTTPServerConnection: TCPConnectionDelegate, ServedConnection, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private let connection: TCPConnection
  private let server: HTTPServer
  private var parser: HTTPRequestParser
  private var exchange: HTTPExchange?
  /// What the connection has become; no request follows then.
  private var successor: WebSocketConnection?
  /// Received and not yet parsed.
  private var pending: [UInt8] = []
  private var isAdvancing = false
  private var discarded = 0
  /// Of the body that is read, since its deadline was set.
  private var bodyBytes = 0
  /// Whether the deadline is that of a head whose first byte has come: further bytes do not move it.
  private var headIsTimed = false
  private var deadline: Instant?
  private var deadlineTimer: LoopTimer?
  private var timerDue = Instant.distantFuture
  /// How much the peer had taken when the deadline was set.
  private var sentAtDeadline = 0

  init(_ connection: TCPConnection, server: HTTPServer) {
    (self.connection, self.server) = (connection, server)
    parser = HTTPRequestParser(limits: server.limits.message)
    connection.delegate = self
  }

  var loop: EventLoop { connection.loop }
  var peer: SocketAddress { connection.peer }
  var isCongested: Bool { connection.isCongested }
  var queuedBytes: Int { connection.queuedBytes }
  var hasUnsentAnswer: Bool { queuedBytes > 0 || exchange?.isStreaming == true }

  func start() {
    connection.startReading()
    setDeadline(server.limits.idleTimeout)
  }

  /// Too many connections: said in HTTP, then closed, before a byte was read.
  func refuse() {
    let problem = Problem(
      status: 503, code: "too_many_connections", title: "Too many connections",
      detail: "This server holds \(server.limits.connections) connections already; reuse one, or try again soon.",
      retryAfter: 1)
    answerOutOfTurn(problem)
  }

  /// Ends a connection whose every request has been answered; what is queued of the last answer is still sent.
  func endOnceIdle() {
    if exchange == nil, parser.isIdle { closeAfterFlush() }
  }

  /// Closes at once; an exchange in progress is told.
  func abort() {
    connection.close()
    forget()
  }

  // MARK: Reading

  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    if pending.isEmpty {
      let consumed = advance(bytes)
      if consumed < bytes.count, connection.isOpen { keep(bytes.extracting(consumed..<bytes.count)) }
    } else {
      keep(bytes)
    }
    advancePending()
  }

  private func keep(_ bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { pending.append(contentsOf: $0) }  // Guarded by: copied within the call.
  }

  /// Parses what waits, as far as it is wanted; then decides whether the peer may send more. With nothing waiting too:
  /// a body whose last byte was the last thing taken has yet to end.
  func advancePending() {
    if !isAdvancing, wantsInput {
      let input = pending
      let consumed = advance(input.span)
      pending = consumed == input.count ? [] : Array(input[consumed...])
    }
    if !isAdvancing, let successor { return handOver(to: successor) }
    guard connection.isOpen else { return }
    if !wantsInput, pending.count >= server.limits.pipelinedBytes {
      connection.pauseReading()
    } else {
      connection.startReading()
    }
  }

  /// Whether the parser's next event would find a taker.
  private var wantsInput: Bool { connection.isOpen && successor == nil && (exchange?.wantsBody ?? true) }

  private func advance(_ bytes: Span<UInt8>) -> Int {
    isAdvancing = true
    defer { isAdvancing = false }
    var offset = 0
    do throws(HTTPError) {
      while wantsInput, let event = try parser.next(in: bytes, at: &offset) {
        if case .head(let head) = event {
          // A request without a body is whole with its head: its end is taken before anybody waits for it.
          let isWhole = head.framing == .none
          if isWhole { _ = try parser.next(in: bytes, at: &offset) }
          begin(head, isWhole: isWhole)
        } else {
          take(event, in: bytes)
        }
      }
    } catch {
      fail(error)
      return bytes.count
    }
    if exchange == nil, !parser.isIdle, !headIsTimed {
      headIsTimed = true
      setDeadline(server.limits.headTimeout)
    }
    return offset
  }

  private func take(_ event: HTTPRequestParser.Event, in bytes: Span<UInt8>) {
    switch event {
    case .head: break
    case .body(let range):
      guard let exchange else { return }
      if exchange.isAnswered { return discard(range.count) }
      bodyBytes += range.count
      if bodyBytes >= server.limits.bodyBytesPerTimeout { timeBody() }
      // Guarded by: copied within the call.
      exchange.bodyArrived(bytes.extracting(range).withUnsafeBufferPointer { Array($0) })
    case .end:
      rest()
      exchange?.bodyEnded()
      settle()
    }
  }

  private func begin(_ head: HTTPRequestHead, isWhole: Bool) {
    rest()
    headIsTimed = false
    discarded = 0
    let exchange = HTTPExchange(head, isWhole: isWhole, connection: self)
    self.exchange = exchange
    // Here, so that no handler can forget it: a page of another site shall not change anything.
    if !head.isSafe {
      do throws(HTTPError) { try PageOrigin.check(head, ownNames: server.ownNames) } catch {
        return exchange.respond(error)
      }
    }
    server.handler.handle(exchange)
  }

  private func discard(_ count: Int) {
    discarded += count
    if discarded > server.limits.discardedBytes { closeAfterFlush() }
  }

  // MARK: Writing, for the exchange

  func write(_ body: (inout [UInt8]) -> Void) {
    connection.write(body)
    if connection.queuedBytes > 0, deadline == nil { setDeadline(server.limits.writeTimeout) }
  }

  var date: [UInt8] { server.date }
  func note(route: Int?, status: Int) { server.requests.note(route: route, status: status) }

  /// Whether the answer may promise another one on this connection.
  func keepsAlive(_ request: HTTPRequestHead) -> Bool { request.keepsAlive && !server.isDraining }

  /// The handler begins to read: a client that waits for leave gets it, and too slow a one is cut off.
  func bodyIsWanted() {
    timeBody()
    advancePending()
  }

  private func timeBody() {
    bodyBytes = 0
    if exchange?.bodyMayRest == true { rest() } else { setDeadline(server.limits.bodyTimeout) }
  }

  func bodyIsPaused() { rest() }

  var ownNames: Set<String> { server.ownNames }

  /// Bytes that are held in memory, over all connections.
  func collect(_ count: Int) throws(HTTPError) { try server.collect(count) }

  /// The answer is complete. Called from within the parser's loop too, which then goes on by itself.
  func answered() {
    settle()
    if !isAdvancing { advancePending() }
  }

  private func settle() {
    guard let exchange, exchange.isAnswered else { return }
    if exchange.mustClose { return closeAfterFlush() }
    guard exchange.bodyIsComplete else {
      // What is left of the body is parsed and dropped, up to a bound, to reach the next request.
      if exchange.awaitsContinue { closeAfterFlush() } else { setDeadline(server.limits.bodyTimeout) }
      return
    }
    self.exchange = nil
    if server.isDraining { closeAfterFlush() } else { setDeadline(server.limits.idleTimeout) }
  }

  // MARK: Switching protocols

  /// The 101 is written: what follows on the connection is no HTTP. What came behind the request is handed over now, or
  /// as soon as the parser's loop, which called the handler, has come back.
  func becomeWebSocket(_ makeDelegate: (WebSocketConnection) -> any WebSocketDelegate) {
    let socket = WebSocketConnection(connection, server: server, makeDelegate)
    successor = socket
    exchange = nil
    dropDeadline()
    server.replace(self, by: socket)
    advancePending()
  }

  private func handOver(to successor: WebSocketConnection) {
    successor.read(behind: pending)
    pending = []
  }

  // MARK: Ending

  func connectionDrained(_ connection: TCPConnection) { exchange?.drained() }

  func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    // A client that has sent all it will and reads on (`nc -N`) gets what is answered by now; where it waits for an
    // answer that takes long we take its end, like most servers, as its leave.
    if error == nil, exchange?.isAnswered ?? true { closeAfterFlush() } else { abort() }
  }

  /// A request that cannot be understood: the rest of the stream cannot either. An exchange that waits for its body is
  /// told, and its answer is the last one here.
  private func fail(_ error: HTTPError) {
    guard let exchange else {
      note(route: nil, status: error.status)
      return answerOutOfTurn(Problem(error))
    }
    if exchange.isAnswered { closeAfterFlush() } else { exchange.bodyFailed(error) }
  }

  private func answerOutOfTurn(_ problem: Problem) {
    let body = problem.json()
    var headers: HTTPHeaders = ["Content-Type": "application/problem+json"]
    if let seconds = problem.retryAfter { headers.add("Retry-After", String(seconds)) }
    connection.write { output in
      HTTPWire.appendResponseHead(
        status: problem.status, headers: headers, framing: .length(body.count), keepsAlive: false, date: server.date,
        to: &output)
      output += body
    }
    closeAfterFlush()
  }

  private func closeAfterFlush() {
    server.close(afterFlush: connection)
    forget()
  }

  private func forget() {
    dropDeadline()
    let exchange = self.exchange
    self.exchange = nil
    server.forget(self)
    exchange?.connectionEnded()
  }

  // MARK: Deadlines

  private func dropDeadline() {
    deadline = nil
    deadlineTimer?.cancel()
    deadlineTimer = nil
  }

  /// Nothing is waited for but that the peer takes what is queued for it.
  private func rest() {
    deadline = nil
    if connection.queuedBytes > 0 { setDeadline(server.limits.writeTimeout) }
  }

  /// One timer a connection: it is not moved at each request, but looks when it fires whether the deadline has moved.
  private func setDeadline(_ duration: Duration) {
    let due = loop.now + duration
    deadline = due
    sentAtDeadline = connection.sentBytes
    if let deadlineTimer, deadlineTimer.isPending, timerDue <= due { return }
    armTimer(due)
  }

  private func armTimer(_ due: Instant) {
    deadlineTimer?.cancel()
    timerDue = due
    deadlineTimer = loop.schedule(at: due) { [weak self] in self?.deadlineTimerFired() }
  }

  private func deadlineTimerFired() {
    guard let deadline, connection.isOpen else { return }
    if deadline > loop.now { return armTimer(deadline) }
    self.deadline = nil
    expire()
  }

  private func expire() {
    if connection.queuedBytes > 0 {
      // Slow is fine, standing still is not.
      if connection.sentBytes == sentAtDeadline { abort() } else { setDeadline(server.limits.writeTimeout) }
    } else if let exchange {
      if exchange.isAnswered {
        closeAfterFlush()
      } else if exchange.wantsBody, !exchange.bodyMayRest {
        fail(Self.tooSlow)
      }
    } else if parser.isIdle {
      abort()
    } else {
      fail(Self.tooSlow)
    }
  }

  private static let tooSlow = HTTPError(status: 408, reason: "The request did not arrive in time.")
}
