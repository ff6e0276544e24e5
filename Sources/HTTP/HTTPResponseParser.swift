/// Reads responses out of a connection's bytes; used as `HTTPRequestParser` is.
///
/// Set `requestMethod` before the response to a request begins: it decides whether a body follows. Folded lines and
/// bare line feeds, which some servers send, are mended. All its errors have the status 502.
package struct HTTPResponseParser: Sendable {
  package enum Event: Sendable {
    /// A 1xx response: another head follows. Not for 101, which is final.
    case informational(HTTPResponseHead)
    case head(HTTPResponseHead)
    /// Bytes of the body: their place in the input.
    case body(Range<Int>)
    case end(trailers: HTTPHeaders)
  }

  private enum State: Sendable {
    case statusLine
    case fields(StatusLine)
    case body(BodyReader, keepsAlive: Bool)
    case closed
    case failed(HTTPError)
  }

  private var state = State.statusLine
  private var tools: BodyReader.Tools
  /// The method of the request that the next response answers.
  package var requestMethod = "GET"

  package init(limits: HTTPLimits = .standard) {
    tools = BodyReader.Tools(limits: limits, isLenient: true)
  }

  /// Between two responses, with no byte of the next one seen.
  package var isIdle: Bool {
    switch state {
    case .statusLine: tools.lines.pending == 0
    case .closed: true
    default: false
    }
  }

  /// No further response is read: the last one ended the connection, by its own word or by its framing.
  package var isClosed: Bool { if case .closed = state { true } else { false } }

  /// The bytes of a head that is not complete, or not understood, as they came.
  package var unfinishedHead: [UInt8] { tools.lines.bytes }

  /// Nil: all input is used up and more is needed.
  package mutating func next(in span: Span<UInt8>, at place: inout Int) throws(HTTPError) -> Event? {
    do {
      return try step(span, &place)
    } catch {
      throw fail(error.reason)
    }
  }

  /// The peer closed its side. The end of a body that the connection's end ends; nil between two responses; throws when
  /// it tears a response.
  package mutating func endOfInput() throws(HTTPError) -> Event? {
    if case .body(let reader, _) = state, reader.endsWithConnection {
      state = .closed
      return .end(trailers: HTTPHeaders())
    }
    if case .failed(let error) = state { throw error }
    if isIdle { return nil }
    throw fail("the connection ended in the middle of the response")
  }

  private mutating func fail(_ reason: String) -> HTTPError {
    let error = HTTPError(status: 502, reason: reason)
    state = .failed(error)
    return error
  }

  private mutating func step(_ span: Span<UInt8>, _ place: inout Int) throws(HTTPError) -> Event? {
    if case .statusLine = state { try readStatusLine(span, &place) }
    switch state {
    case .statusLine: return nil
    case .fields(let line):
      guard try tools.block.read(&tools.lines, span, &place, within: tools.limits.headFields) else { return nil }
      return try begin(try line.head(tools.block.take(&tools.lines), requestMethod: requestMethod))
    case .body(var reader, let keepsAlive):
      let step = try reader.next(span, &place, with: &tools)
      if case .end(let trailers) = step {
        state = keepsAlive ? .statusLine : .closed
        return .end(trailers: trailers)
      }
      state = .body(reader, keepsAlive: keepsAlive)
      if case .bytes(let range) = step { return .body(range) }
      return nil
    case .closed:
      place = span.count
      return nil
    case .failed(let error): throw error
    }
  }

  private mutating func begin(_ head: HTTPResponseHead) throws(HTTPError) -> Event {
    if head.status < 200, head.status != 101 {
      state = .statusLine
      return .informational(head)
    }
    state = .body(try BodyReader(head.framing, limits: tools.limits), keepsAlive: head.keepsAlive)
    return .head(head)
  }

  private mutating func readStatusLine(_ span: Span<UInt8>, _ place: inout Int) throws(HTTPError) {
    guard place < span.count else { return }
    if tools.lines.pending == 0, span[place] != UInt8(ascii: "H") {
      throw .malformed("the response does not begin with HTTP/")
    }
    switch tools.lines.next(span, &place, allowance: tools.limits.startLineBytes) {
    case .needsMore: break
    case .tooLong: throw .malformed("the status line is longer than \(tools.limits.startLineBytes) bytes")
    case .complete(let line, _): state = .fields(try StatusLine(tools.lines.bytes.span, line))
    }
  }
}
