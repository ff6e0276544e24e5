/// Reads WebSocket frames (RFC 6455, section 5) out of a connection's bytes, in whatever pieces they come.
///
///     var place = 0
///     while let event = try reader.next(in: received.span, at: &place) { … }
///     // All of `received` is used up: the next piece begins at 0 again.
///
/// Used as `HTTPRequestParser` is. Messages come whole, their fragments put together. The events and the error depend
/// on the bytes alone, not on the pieces, and each comes with the first byte that decides it. After an error it throws
/// that error for ever; after `close` it uses up all further input and answers nil (section 5.5.1). No extension is
/// spoken, so the reserved bits are refused.
package struct WebSocketReader: Sendable {
  private enum State: Sendable {
    case header(WebSocketFrameReader)
    case payload(WebSocketFrame, taken: Int)
    case closed
    case failed(WebSocketError)
  }

  /// A message whose last fragment has not come.
  private struct OpenMessage: Sendable {
    let isText: Bool
    var fragments = 0
    var text = UTF8Check()
  }

  private var state = State.header(WebSocketFrameReader())
  private let limits: WebSocketLimits
  private let expectsMask: Bool
  private var open: OpenMessage?
  /// The open message's bytes, unmasked. Grows with what came, never by what was announced.
  private var message: [UInt8] = []
  /// A control frame's bytes: it may stand between a message's fragments.
  private var control: [UInt8] = []

  /// - Parameter role: the reading side's own; a server reads masked frames, a client plain ones.
  package init(role: WebSocketRole, limits: WebSocketLimits = .standard) {
    self.limits = limits
    expectsMask = role.readsMasked
  }

  /// What is held of a message whose last fragment has not come; nil when none was begun.
  package var openMessageBytes: Int? { open == nil ? nil : message.count }

  /// Nil: all input is used up and more is needed.
  package mutating func next(in span: Span<UInt8>, at place: inout Int) throws(WebSocketError) -> WebSocketEvent? {
    do {
      return try step(span, &place)
    } catch {
      state = .failed(error)
      (open, message, control) = (nil, [], [])
      throw error
    }
  }

  private mutating func step(_ span: Span<UInt8>, _ place: inout Int) throws(WebSocketError) -> WebSocketEvent? {
    while true {
      switch state {
      case .header(var reader):
        let rules = WebSocketFrameReader.Rules(
          isMasked: expectsMask, isInMessage: open != nil, messageBytes: message.count, limits: limits)
        guard let frame = try reader.next(span, &place, rules) else {
          state = .header(reader)
          return nil
        }
        try begin(frame)
        state = .payload(frame, taken: 0)
      case .payload(let frame, let taken):
        let count = min(frame.length - taken, span.count - place)
        try take(span.extracting(place..<place + count), of: frame, from: taken)
        place += count
        guard taken + count == frame.length else {
          state = .payload(frame, taken: taken + count)
          return nil
        }
        state = .header(WebSocketFrameReader())
        if let event = try end(frame) { return event }
      case .closed:
        place = span.count
        return nil
      case .failed(let error): throw error
      }
    }
  }

  private mutating func begin(_ frame: WebSocketFrame) throws(WebSocketError) {
    guard !frame.opcode.isControl else { return control.removeAll(keepingCapacity: true) }
    var message = open ?? OpenMessage(isText: frame.opcode == .text)
    message.fragments += 1
    guard message.fragments <= limits.messageFragments else {
      throw .tooBig("a message has more than \(limits.messageFragments) fragments")
    }
    open = message
  }

  private mutating func take(_ bytes: Span<UInt8>, of frame: WebSocketFrame, from taken: Int) throws(WebSocketError) {
    guard !bytes.isEmpty else { return }
    if frame.opcode.isControl {
      bytes.withUnsafeBufferPointer { control.append(contentsOf: $0) }
      return WebSocketMask.apply(frame.maskingKey, to: &control, from: taken, payloadStart: 0)
    }
    let start = message.count
    bytes.withUnsafeBufferPointer { message.append(contentsOf: $0) }
    WebSocketMask.apply(frame.maskingKey, to: &message, from: start, payloadStart: start - taken)
    guard var text = open?.text, open?.isText == true else { return }
    guard text.take(message.span.extracting(start..<message.count)) else { throw .notUTF8 }
    open?.text = text
  }

  private mutating func end(_ frame: WebSocketFrame) throws(WebSocketError) -> WebSocketEvent? {
    switch frame.opcode {
    case .ping: return .ping(control)
    case .pong: return .pong(control)
    case .close:
      let close = try WebSocketClose(payload: control)
      state = .closed
      (open, message) = (nil, [])
      return .close(close)
    case .continuation, .text, .binary:
      guard frame.isFinal, let ended = open else { return nil }
      open = nil
      guard ended.isText else { return .binary(takeMessage()) }
      guard ended.text.isAtBoundary else { throw .notUTF8 }
      return .text(takeMessage())
    }
  }

  private mutating func takeMessage() -> [UInt8] {
    let taken = message
    message = []
    return taken
  }
}
