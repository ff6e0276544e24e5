import Clockwork
package import HTTP
package import Loop

/// A server's open WebSocket (RFC 6455): whole messages in, messages out, on the connection that was an exchange's.
///
/// While the peer does not take what is queued for it, nothing is read from it, so that what a message is answered with
/// can pile up no further than by one message's answer. The owner may send on, and should look at `isCongested` first.
/// Pings are answered and sent here.
package final class WebSocketConnection: TCPConnectionDelegate, ServedConnection, @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it, or is called by the connection.
  private enum State {
    /// Its delegate is being made.
    case opening
    case open(any WebSocketDelegate)
    /// Our Close is out and the peer's is due. What it still sends before that is not heard.
    case closing(any WebSocketDelegate)
    case over
  }

  private let connection: TCPConnection
  private let server: HTTPServer
  private var limits: WebSocketConnectionLimits { server.limits.webSocket }
  private var state = State.opening
  private var machine: WebSocketMachine
  private var input = HeldInput()
  private var isPaused = false
  private var isAdvancing = false
  private var keepAlive: KeepAlive
  private var timer: LoopTimer?
  /// Of messages that are not whole or not dealt with, as the server has counted it.
  private var heldBytes = 0
  /// Of the message during which the delegate paused.
  private var pausedBytes = 0
  /// When the message must be whole whose beginning came.
  private var messageDue: Instant?
  /// What the peer had taken when it was last looked whether it answers our Close.
  private var sentAtLook = 0

  init(
    _ connection: TCPConnection, server: HTTPServer, _ delegate: (WebSocketConnection) -> any WebSocketDelegate
  ) {
    (self.connection, self.server) = (connection, server)
    machine = WebSocketMachine(role: .server, limits: server.limits.webSocket.message)
    keepAlive = KeepAlive(server.limits.webSocket, at: connection.loop.now)
    state = .open(delegate(self))
    connection.delegate = self
    look()
  }

  /// Begins to read.
  ///
  /// - Parameter bytes: what came behind the handshake.
  func read(behind bytes: [UInt8]) {
    if case .over = state { return }
    input.append(bytes.span)
    advanceHeld()
    if server.isDraining { endOnceIdle() }
  }

  package var loop: EventLoop { connection.loop }
  package var peer: SocketAddress { connection.peer }
  package var isCongested: Bool { connection.isCongested }
  package var queuedBytes: Int { connection.queuedBytes }

  /// Whether what is sent can still reach the peer: no Close is out or came.
  package var isOpen: Bool {
    switch state {
    case .opening, .open: true
    case .closing, .over: false
    }
  }

  // MARK: Sending

  /// Queues a message, which must be UTF-8; what one turn of the loop brings leaves together. Dropped once a Close is
  /// out or came.
  package func send(text: some Collection<UInt8>) {
    loop.assertCurrent()
    guard isOpen else { return }
    connection.write { machine.send(text: text, output: &$0) }
  }

  package func send(binary: some Collection<UInt8>) {
    loop.assertCurrent()
    guard isOpen else { return }
    connection.write { machine.send(binary: binary, output: &$0) }
  }

  /// Begins the closing handshake behind what is queued. The delegate is told its end, which comes in bounded time. Not
  /// to be called while the delegate is being made.
  package func close(_ code: WebSocketCloseCode = .normal, reason: String = "") {
    loop.assertCurrent()
    switch state {
    case .opening: preconditionFailure("a WebSocket is closed before it has its delegate")
    case .open(let delegate):
      connection.write { machine.close(WebSocketClose(code: code, reason: reason), output: &$0) }
      state = .closing(delegate)
      sentAtLook = connection.sentBytes
      armTimer(loop.now + limits.closeTimeout)
      resume()
    case .closing, .over: break
    }
  }

  // MARK: Receiving

  /// Delivers no message, and soon reads nothing, until `resume()`.
  package func pause() {
    loop.assertCurrent()
    if case .open = state { isPaused = true }
  }

  package func resume() {
    loop.assertCurrent()
    isPaused = false
    pausedBytes = 0
    advanceHeld()
  }

  package func connection(_ connection: TCPConnection, received bytes: Span<UInt8>) {
    keepAlive.heard(at: loop.now)
    let consumed = input.isEmpty ? advance(bytes) : 0
    if case .over = state { return }
    input.append(bytes.extracting(consumed..<bytes.count))
    advanceHeld()
  }

  package func connectionDrained(_ connection: TCPConnection) {
    if case .open(let delegate) = state { delegate.socketDrained(self) }
    advanceHeld()
  }

  package func connection(_ connection: TCPConnection, endedWith error: LoopError?) {
    end(.abnormal, reason: error.map { "\($0)" } ?? "the connection ended without a Close frame", sendingTheRest: false)
  }

  /// Whether the machine's next event would find a taker.
  private var wantsInput: Bool {
    switch state {
    case .opening, .over: false
    case .open, .closing: !isPaused && !connection.isCongested
    }
  }

  private func advanceHeld() {
    guard !isAdvancing else { return }
    let (held, range) = (input.bytes, input.range)
    let consumed = range.isEmpty ? 0 : advance(held.span.extracting(range))
    if case .over = state { return }
    input.drop(consumed)
    if wantsInput { connection.startReading() } else { connection.pauseReading() }
    timeMessage()
    countHeld()
  }

  /// A message has its time while it is read; one that comes at once needs no timer.
  private func timeMessage() {
    guard wantsInput, case .open = state, machine.openMessageBytes != nil else { return messageDue = nil }
    guard messageDue == nil else { return }
    messageDue = loop.now + limits.messageTimeout
    judge()
  }

  /// What is held for peers counts together with the bodies of requests, however many sockets it comes over.
  private func countHeld() {
    if case .over = state { return }
    let held = input.range.count + pausedBytes + (machine.openMessageBytes ?? 0)
    guard held != heldBytes else { return }
    do throws(HTTPError) {
      try server.collect(held - heldBytes)
      heldBytes = held
    } catch {
      fail(.tryAgainLater, reason: error.reason)
    }
  }

  private func advance(_ bytes: Span<UInt8>) -> Int {
    isAdvancing = true
    defer { isAdvancing = false }
    var place = 0
    while wantsInput {
      var output: [UInt8] = []
      let event = machine.next(in: bytes, at: &place, output: &output)
      if !output.isEmpty { connection.write(output) }
      switch event {
      case .text(let text): deliver(.text(text))
      case .binary(let bytes): deliver(.binary(bytes))
      case .pong: break
      case .closed(let code, let reason): end(code, reason: reason, sendingTheRest: true)
      case nil: return place
      }
    }
    return place
  }

  private func deliver(_ message: WebSocketMessage) {
    messageDue = nil
    guard case .open(let delegate) = state else { return }
    delegate.socket(self, received: message)
    pausedBytes = isPaused ? message.bytes.count : 0
  }

  // MARK: For the server

  var hasUnsentAnswer: Bool {
    if case .closing = state { true } else { queuedBytes > 0 }
  }

  func endOnceIdle() {
    if case .open(let delegate) = state { delegate.socketMustEnd(self) }
  }

  func abort() { end(.abnormal, reason: "the server closed", sendingTheRest: false) }

  // MARK: Ending

  /// - Parameter sendingTheRest: false for a connection that is broken or given up.
  private func end(_ code: WebSocketCloseCode, reason: String, sendingTheRest: Bool) {
    let delegate: any WebSocketDelegate
    switch state {
    case .open(let taker), .closing(let taker): delegate = taker
    case .opening, .over: return
    }
    state = .over
    input = HeldInput()
    try? server.collect(-heldBytes)
    heldBytes = 0
    timer?.cancel()
    timer = nil
    if sendingTheRest {
      server.close(afterFlush: connection)
    } else {
      connection.close()
    }
    server.forget(self)
    delegate.socket(self, endedWith: code, reason: reason)
  }

  /// Says why and ends, without waiting for the peer's Close.
  private func fail(_ code: WebSocketCloseCode, reason: String) {
    connection.write { machine.close(WebSocketClose(code: code, reason: reason), output: &$0) }
    end(code, reason: reason, sendingTheRest: true)
  }

  // MARK: Deadlines

  /// Looks whether the peer lives, and when to look again. One timer a connection: it is not moved by what happens, but
  /// looks when it fires.
  private func look() {
    switch state {
    case .opening, .over: break
    case .open: judge()
    case .closing:
      if connection.sentBytes == sentAtLook {
        return end(.abnormal, reason: "the peer did not answer the Close in time", sendingTheRest: false)
      }
      sentAtLook = connection.sentBytes
      armTimer(loop.now + limits.closeTimeout)
    }
  }

  private func judge() {
    if let messageDue, messageDue <= loop.now {
      return fail(.policyViolation, reason: "a message was not whole within \(limits.messageTimeout.inSeconds) s")
    }
    let verdict = keepAlive.judge(
      at: loop.now, sentBytes: connection.sentBytes, queuedBytes: queuedBytes, isReading: wantsInput)
    switch verdict {
    case .wait(let due): armTimer(min(due, messageDue ?? due))
    case .ping:
      connection.write { machine.ping(output: &$0) }
      judge()
    case .silent:
      let reason = "no answer to a ping within \(limits.pongTimeout.inSeconds) s"
      connection.write { machine.close(WebSocketClose(code: .policyViolation, reason: reason), output: &$0) }
      end(.abnormal, reason: reason, sendingTheRest: true)
    case .stalled:
      let reason = "the peer took nothing of \(queuedBytes) bytes for \(limits.writeTimeout.inSeconds) s"
      end(.abnormal, reason: reason, sendingTheRest: false)
    }
  }

  private func armTimer(_ due: Instant) {
    timer?.cancel()
    timer = loop.schedule(at: due) { [weak self] in self?.look() }
  }
}
