import HTTP
import Loop
import Net

/// Sends every message back as it came, and notes what else happens.
final class WebSocketEcho: WebSocketDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private(set) var messages: [WebSocketMessage] = []
  private(set) var drains = 0
  private(set) var mustEnd = false
  private(set) var end: (code: WebSocketCloseCode, reason: String)?
  private(set) weak var socket: WebSocketConnection?
  /// Called for each message in the place of echoing it.
  var whenReceived: ((WebSocketConnection, WebSocketMessage) -> Void)?
  /// A draining server's wish is heeded at once, unless a test says otherwise.
  var endsWhenTold = true
  var keepsMessages = true

  init(_ socket: WebSocketConnection) { self.socket = socket }

  func socket(_ socket: WebSocketConnection, received message: WebSocketMessage) {
    if keepsMessages { messages.append(message) }
    if let whenReceived { return whenReceived(socket, message) }
    switch message {
    case .text(let text): socket.send(text: text)
    case .binary(let bytes): socket.send(binary: bytes)
    }
  }

  func socketDrained(_ socket: WebSocketConnection) { drains += 1 }

  func socketMustEnd(_ socket: WebSocketConnection) {
    mustEnd = true
    if endsWhenTold { socket.close(.goingAway, reason: "the server stops") }
  }

  func socket(_ socket: WebSocketConnection, endedWith code: WebSocketCloseCode, reason: String) {
    precondition(end == nil, "an end is told once")
    end = (code, reason)
  }
}

/// The echoes that a test's server has opened.
final class WebSocketEchoes: @unchecked Sendable {
  // Guarded by: the loop's thread.
  private(set) var all: [WebSocketEcho] = []
  private let prepare: (WebSocketEcho) -> Void

  init(_ prepare: @escaping (WebSocketEcho) -> Void = { _ in }) { self.prepare = prepare }

  /// Opens what asks for it.
  func open(_ exchange: HTTPExchange) {
    do throws(WebSocketHandshake.Refusal) {
      try exchange.openWebSocket { [self] socket in
        let echo = WebSocketEcho(socket)
        prepare(echo)
        all.append(echo)
        return echo
      }
    } catch {
      exchange.respond(error)
    }
  }
}
