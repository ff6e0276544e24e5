/// One side of an open WebSocket: reads what comes, answers pings, and takes part in the closing handshake (RFC 6455,
/// sections 5.5 and 7.1).
///
///     var place = 0
///     while let event = machine.next(in: received.span, at: &place, output: &output) { … }
///     // Send `output`, then read on.
///
/// What it wants sent it appends to `output`. After `closed` nothing more is read or sent: flush `output`, then close
/// the connection. It has no clock: who calls `close` gives the peer a time to answer, and ends the connection without
/// one.
package struct WebSocketMachine: Sendable {
  package enum Event: Equatable, Sendable {
    /// A whole message; checked UTF-8.
    case text([UInt8])
    case binary([UInt8])
    case pong([UInt8])
    /// How it ended: the peer's code and reason, our own for what the peer did wrong, 1005 for a Close without a code.
    case closed(WebSocketCloseCode, reason: String)
  }

  private enum State: Sendable {
    case open
    /// Our Close is out and the peer's is due. Messages still come in, as they were on their way.
    case closing
    case closed
  }

  private var state = State.open
  private var role: WebSocketRole
  private var reader: WebSocketReader

  package init(role: WebSocketRole, limits: WebSocketLimits = .standard) {
    self.role = role
    reader = WebSocketReader(role: role, limits: limits)
  }

  /// What is held of a message whose last fragment has not come; nil when none was begun.
  package var openMessageBytes: Int? { reader.openMessageBytes }

  /// May a message be sent?
  package var isOpen: Bool {
    if case .open = state { return true }
    return false
  }

  /// Nil: all input is used up and more is needed.
  package mutating func next(in span: Span<UInt8>, at place: inout Int, output: inout [UInt8]) -> Event? {
    if case .closed = state {
      place = span.count
      return nil
    }
    do throws(WebSocketError) {
      while let event = try reader.next(in: span, at: &place) {
        switch event {
        case .text(let bytes): return .text(bytes)
        case .binary(let bytes): return .binary(bytes)
        case .pong(let bytes): return .pong(bytes)
        case .ping(let bytes): WebSocketWire.appendPong(bytes, maskingKey: role.nextMaskingKey(), to: &output)
        case .close(let close):
          // Section 5.5.1: the answer has the code that came; ours may be out already.
          finish(with: close, output: &output)
          return .closed(close.code ?? .none, reason: close.reason)
        }
      }
      return nil
    } catch {
      place = span.count
      finish(with: WebSocketClose(code: error.code, reason: error.reason), output: &output)
      return .closed(error.code, reason: error.reason)
    }
  }

  /// Appends a message; false when a Close is out or came, after which none may follow. Text must be UTF-8.
  @discardableResult
  package mutating func send(text: some Collection<UInt8>, output: inout [UInt8]) -> Bool {
    guard isOpen else { return false }
    WebSocketWire.appendText(text, maskingKey: role.nextMaskingKey(), to: &output)
    return true
  }

  @discardableResult
  package mutating func send(binary: some Collection<UInt8>, output: inout [UInt8]) -> Bool {
    guard isOpen else { return false }
    WebSocketWire.appendBinary(binary, maskingKey: role.nextMaskingKey(), to: &output)
    return true
  }

  /// Asks for a pong: proof that the peer lives. At most 125 bytes.
  @discardableResult
  package mutating func ping(_ payload: some Collection<UInt8> = [], output: inout [UInt8]) -> Bool {
    guard isOpen else { return false }
    WebSocketWire.appendPing(payload, maskingKey: role.nextMaskingKey(), to: &output)
    return true
  }

  /// Begins the closing handshake; `closed` comes with the peer's answer. Does nothing a second time.
  package mutating func close(_ close: WebSocketClose, output: inout [UInt8]) {
    guard isOpen else { return }
    state = .closing
    WebSocketWire.appendClose(close, maskingKey: role.nextMaskingKey(), to: &output)
  }

  private mutating func finish(with close: WebSocketClose, output: inout [UInt8]) {
    if isOpen { WebSocketWire.appendClose(close, maskingKey: role.nextMaskingKey(), to: &output) }
    state = .closed
  }
}
