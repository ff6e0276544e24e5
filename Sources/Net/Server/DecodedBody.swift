package import HTTP
import Loop

/// A request's body without its content coding, in pieces of bounded size.
///
/// A little gzip may hold a thousand times as much: each turn of the loop decodes a part of what came, and the peer is
/// read again once all of it was handed out.
///
/// Guarded by: the loop's thread; the exchange asserts it. The exchange's handler keeps it alive.
package final class DecodedBody: @unchecked Sendable {
  private enum State {
    /// The peer has the next word.
    case waiting
    /// What came, from the place on.
    case decoding([UInt8], place: Int)
    case over
  }

  /// What one turn of the loop decodes: a block that yields nothing costs time too.
  private static let bytesPerTurn = 8 << 10

  private let exchange: HTTPExchange
  private let coding: ContentCoding
  private lazy var reader = GzipReader()
  private var state = State.waiting
  private var isPaused = false
  private var isPlanned = false
  private var handler: (HTTPExchange.BodyEvent) -> Void = { _ in }

  package init(_ exchange: HTTPExchange, _ coding: ContentCoding) { (self.exchange, self.coding) = (exchange, coding) }

  /// Streams the body as it arrives. Once only; the last event is `end` or `failed`.
  package func read(_ handler: @escaping (HTTPExchange.BodyEvent) -> Void) {
    guard coding == .gzip else { return exchange.readBody(handler) }
    self.handler = handler
    exchange.readBody { [self] in take($0) }
  }

  /// Slows the peer down until `resume()`.
  package func pause() {
    isPaused = true
    exchange.pauseBody()
  }

  package func resume() {
    guard isPaused else { return }
    isPaused = false
    // Not from within the call: who resumes may be in the middle of a piece.
    if case .decoding = state { later() } else { exchange.resumeBody() }
  }

  /// The whole body, or 413 as soon as it is known to be longer than `limit` bytes once decoded.
  package func collect(upTo limit: Int, _ completion: @escaping (Result<[UInt8], HTTPError>) -> Void) {
    let tooLarge = HTTPError(status: 413, reason: "The body is larger than \(limit) bytes.")
    if coding == .identity, case .length(let length) = exchange.request.framing, length > limit {
      return completion(.failure(tooLarge))
    }
    var collected: [UInt8] = []
    var isOver = false
    func end(_ result: Result<[UInt8], HTTPError>) {
      isOver = true
      state = .over
      try? exchange.hold(0)
      completion(result)
    }
    read { [exchange] event in
      guard !isOver else { return }
      switch event {
      case .chunk(let bytes):
        do throws(HTTPError) { try exchange.hold(collected.count + bytes.count) } catch { return end(.failure(error)) }
        collected += bytes
        if collected.count > limit { end(.failure(tooLarge)) }
      case .end: end(.success(collected))
      case .failed(let error): end(.failure(error))
      }
    }
  }

  // MARK: Gzip

  private func take(_ event: HTTPExchange.BodyEvent) {
    if case .over = state { return }
    switch event {
    case .chunk(let bytes):
      exchange.pauseBody()
      state = .decoding(bytes, place: 0)
      decode()
    case .end:
      do throws(GzipError) { try reader.end() } catch { return fail(Self.flaw(error)) }
      state = .over
      handler(.end)
    case .failed(let error): fail(error)
    }
  }

  private func fail(_ error: HTTPError) {
    state = .over
    handler(.failed(error))
  }

  private static func flaw(_ error: GzipError) -> HTTPError {
    HTTPError(
      status: 400,
      reason: "Content-Encoding says gzip, and the body is none: \(error). Send it whole as gzip made it, or as it is "
        + "without Content-Encoding.")
  }

  private func later() {
    guard !isPlanned else { return }
    isPlanned = true
    exchange.loop.execute { [self] in
      isPlanned = false
      decode()
    }
  }

  private func decode() {
    guard !isPaused, !exchange.isAnswered, case .decoding(let input, var place) = state else { return }
    let part = input.span.extracting(..<min(input.count, place + Self.bytesPerTurn))
    let piece: [UInt8]?
    do throws(GzipError) { piece = try reader.next(in: part, at: &place) } catch { return fail(Self.flaw(error)) }
    if piece == nil, place == input.count {
      state = .waiting
      return exchange.resumeBody()
    }
    state = .decoding(input, place: place)
    later()
    if let piece { handler(.chunk(piece)) }
  }
}
