/// Reads requests out of a connection's bytes, in whatever pieces they come.
///
///     var place = 0
///     while let event = try parser.next(in: received.span, at: &place) { … }
///     // All of `received` is used up: the next piece begins at 0 again.
///
/// Give it each piece from `at: 0` until it answers nil; it keeps what it needs of an unfinished head, so the input
/// need not be kept. The events depend on the bytes alone, not on the pieces, except that a body comes in as many parts
/// as its pieces. After an error it throws that error for ever. After a request that ends the connection (`keepsAlive`
/// false) it uses up all further input and answers nil. After `.end`, `at` is the first byte behind the request: of the
/// next one, or of an upgraded protocol.
package struct HTTPRequestParser: Sendable {
  package enum Event: Sendable {
    case head(HTTPRequestHead)
    /// Bytes of the body: their place in the input.
    case body(Range<Int>)
    /// The request is whole. Trailers are fields of a chunked body's end: never merge them into the head's.
    case end(trailers: HTTPHeaders)
  }

  private enum State: Sendable {
    case requestLine
    case fields(RequestLine)
    case body(BodyReader, keepsAlive: Bool)
    case closed
    case failed(HTTPError)
  }

  private var state = State.requestLine
  private var tools: BodyReader.Tools
  private var blankLines = 0

  package init(limits: HTTPLimits = .standard) {
    tools = BodyReader.Tools(limits: limits, isLenient: false)
  }

  /// Between two requests, with no byte of the next one seen: the connection may be closed without an answer.
  package var isIdle: Bool {
    switch state {
    case .requestLine: tools.lines.pending == 0
    case .closed: true
    default: false
    }
  }

  /// Nil: all input is used up and more is needed.
  package mutating func next(in span: Span<UInt8>, at place: inout Int) throws(HTTPError) -> Event? {
    do {
      return try step(span, &place)
    } catch {
      state = .failed(error)
      throw error
    }
  }

  private mutating func step(_ span: Span<UInt8>, _ place: inout Int) throws(HTTPError) -> Event? {
    if case .requestLine = state { try readRequestLine(span, &place) }
    switch state {
    case .requestLine: return nil
    case .fields(let line):
      guard try tools.block.read(&tools.lines, span, &place, within: tools.limits.headFields) else { return nil }
      let head = try RequestRules.head(line, tools.block.take(&tools.lines), tools.limits)
      state = .body(try BodyReader(head.framing, limits: tools.limits), keepsAlive: head.keepsAlive)
      return .head(head)
    case .body(var reader, let keepsAlive):
      switch try reader.next(span, &place, with: &tools) {
      case nil:
        state = .body(reader, keepsAlive: keepsAlive)
        return nil
      case .bytes(let range):
        state = .body(reader, keepsAlive: keepsAlive)
        return .body(range)
      case .end(let trailers):
        state = keepsAlive ? .requestLine : .closed
        blankLines = 0
        return .end(trailers: trailers)
      }
    case .closed:
      place = span.count
      return nil
    case .failed(let error): throw error
    }
  }

  private mutating func readRequestLine(_ span: Span<UInt8>, _ place: inout Int) throws(HTTPError) {
    while place < span.count {
      if tools.lines.pending == 0 { try checkFirst(span[place]) }
      switch tools.lines.next(span, &place, allowance: tools.limits.startLineBytes) {
      case .needsMore: return
      case .tooLong:
        throw HTTPError(status: 414, reason: "the request line is longer than \(tools.limits.startLineBytes) bytes")
      case .complete(_, endsInBareLF: true): throw .bareLineFeed
      case .complete(let line, _) where line.isEmpty:
        blankLines += 1
        guard blankLines <= tools.limits.blankLines else {
          throw .malformed("there are only empty lines, and no request")
        }
        tools.lines.reset()
      case .complete(let line, _):
        state = .fields(try RequestLine(tools.lines.bytes.span, line))
        return
      }
    }
  }

  /// What cannot begin a request is refused at once: a TLS greeting has no line end to wait for.
  private func checkFirst(_ byte: UInt8) throws(HTTPError) {
    guard Octet.isToken(byte) || byte == Octet.carriageReturn || byte == Octet.lineFeed else {
      throw .malformed(
        byte == 0x16 ? "this is TLS, and plain HTTP is spoken here" : "the request does not begin with a method")
    }
  }
}
