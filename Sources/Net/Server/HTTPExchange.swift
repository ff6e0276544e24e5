package import HTTP
package import Loop

/// One request and its answer. Guarded by: the thread of the server's loop; each entry asserts it.
package final class HTTPExchange: @unchecked Sendable {
  package enum BodyEvent: Sendable {
    case chunk([UInt8])
    case end
    /// The body can't be had whole: malformed, too slow, or the peer went away. Answering is still allowed.
    case failed(HTTPError)
  }

  private enum Body {
    /// Nobody has asked for it yet.
    case unread
    case reading((BodyEvent) -> Void)
    case paused((BodyEvent) -> Void)
    case complete
    case failed(HTTPError)
  }

  private enum Answer {
    case none
    case streaming(chunked: Bool)
    case complete
  }

  package let request: HTTPRequestHead
  package let loop: EventLoop
  package let peer: SocketAddress
  /// What its answer is counted by: a place among the handler's `routes`.
  package var route: Int?
  private var connection: HTTPServerConnection?
  private var body = Body.unread
  private var answer = Answer.none
  private(set) var awaitsContinue: Bool
  /// Whether nothing need come of the body for as long as the connection lives.
  private(set) var bodyMayRest = false
  /// What the connection has counted for it.
  private var heldBytes = 0
  private(set) var mustClose = false
  private var abortHandlers: [() -> Void] = []
  private var drainHandlers: [() -> Void] = []

  /// - Parameter isWhole: the request has no body.
  init(_ request: HTTPRequestHead, isWhole: Bool, connection: HTTPServerConnection) {
    (self.request, self.connection) = (request, connection)
    (loop, peer) = (connection.loop, connection.peer)
    awaitsContinue = request.expectsContinue && !isWhole
    if isWhole { body = .complete }
  }

  /// Whether the peer is still there to be answered.
  package var isOpen: Bool { connection != nil }

  /// Calls `handler` once if the peer goes away before its answer is complete.
  package func onAbort(_ handler: @escaping () -> Void) {
    loop.assertCurrent()
    guard !isAnswered else { return }
    if connection == nil { handler() } else { abortHandlers.append(handler) }
  }

  // MARK: The request's body

  /// Streams the body as it arrives. Once only.
  ///
  /// - Parameter mayRest: it is a stream whose sender may say nothing for as long as he likes; otherwise too slow a one
  ///   is cut off.
  package func readBody(mayRest: Bool = false, _ handler: @escaping (BodyEvent) -> Void) {
    loop.assertCurrent()
    switch body {
    case .unread:
      body = .reading(handler)
      bodyMayRest = mayRest
      guard let connection else { return fail(Self.gone) }
      if awaitsContinue {
        awaitsContinue = false
        connection.write { $0 += HTTPWire.continueResponse }
      }
      connection.bodyIsWanted()
    case .complete: handler(.end)
    case .failed(let error): handler(.failed(error))
    case .reading, .paused: preconditionFailure("the body of \(request.target) is read already")
    }
  }

  /// Slows the peer down until `resumeBody()`.
  package func pauseBody() {
    guard case .reading(let handler) = body else { return }
    body = .paused(handler)
    connection?.bodyIsPaused()
  }

  package func resumeBody() {
    guard case .paused(let handler) = body else { return }
    body = .reading(handler)
    connection?.bodyIsWanted()
  }

  /// Says how many bytes are held in memory for this request: they count for what all connections together may hold.
  /// Its answer's end gives them back.
  ///
  /// - Throws: 503 when it is too much; what was said before still counts then.
  package func hold(_ bytes: Int) throws(HTTPError) {
    guard let connection, bytes != heldBytes else { return }
    try connection.collect(bytes - heldBytes)
    heldBytes = bytes
  }

  /// The whole body, or 413 as soon as it is known to be longer than `limit` bytes.
  package func collectBody(upTo limit: Int, _ completion: @escaping (Result<[UInt8], HTTPError>) -> Void) {
    DecodedBody(self, .identity).collect(upTo: limit, completion)
  }

  // MARK: The answer

  /// Answers in one piece. Content-Length and Date are added here.
  package func respond(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    guard begin() else { return }
    let isBodiless = status == 204 || status == 304
    writeHead(status, headers, isBodiless ? .none : .length(body.count))
    if !isBodiless, !request.methodIs("HEAD") { connection?.write { $0 += body } }
    answer = .complete
    end()
  }

  package func respond(status: Int = 200, headers: HTTPHeaders = [:], json: [UInt8]) {
    var headers = headers
    headers.add("Content-Type", "application/json")
    respond(status: status, headers: headers, body: json)
  }

  package func respond(_ problem: Problem, headers: HTTPHeaders = [:]) {
    var headers = headers
    headers.add("Content-Type", "application/problem+json")
    if let seconds = problem.retryAfter { headers.add("Retry-After", String(seconds)) }
    if let allow = problem.allow { headers.add("Allow", allow) }
    if let codings = problem.acceptEncoding { headers.add("Accept-Encoding", codings) }
    respond(status: problem.status, headers: headers, body: problem.json())
  }

  package func respond(_ error: HTTPError) { respond(Problem(error)) }

  /// Begins an answer of unknown length: chunked, or ended by the close for HTTP/1.0.
  package func startStream(status: Int, headers: HTTPHeaders = [:]) {
    guard begin() else { return }
    let framing = HTTPFraming.stream(for: request.version)
    if framing == .untilClose { mustClose = true }
    writeHead(status, headers, framing)
    answer = .streaming(chunked: framing == .chunked)
  }

  /// Queues a piece of a stream; what is written within one turn of the loop leaves in one piece.
  package func write(_ bytes: [UInt8]) {
    loop.assertCurrent()
    guard case .streaming(let isChunked) = answer, !bytes.isEmpty, !request.methodIs("HEAD") else { return }
    connection?.write { output in
      if isChunked { HTTPWire.appendChunk(bytes, to: &output) } else { output += bytes }
    }
  }

  package func finish() {
    loop.assertCurrent()
    guard case .streaming(let isChunked) = answer else { return }
    answer = .complete
    if isChunked, !request.methodIs("HEAD") { connection?.write { HTTPWire.appendLastChunk(to: &$0) } }
    end()
  }

  /// Whether a streaming writer should wait for `onDrain`: the peer reads more slowly than we write.
  package var isCongested: Bool { connection?.isCongested ?? false }

  /// Calls `handler` once: at the next drain, or at once when there is room or nobody left to wait for.
  package func onDrain(_ handler: @escaping () -> Void) {
    loop.assertCurrent()
    if isCongested { drainHandlers.append(handler) } else { handler() }
  }

  /// Breaks an answer off that has begun: its reader sees that it is not whole.
  package func abort() {
    loop.assertCurrent()
    guard !isAnswered else { return }
    connection?.abort()
  }

  /// Answers 101: the connection speaks another protocol from here on, and lives on without this exchange. Nil when the
  /// client is gone.
  func switchProtocols(_ headers: HTTPHeaders) -> HTTPServerConnection? {
    precondition(bodyIsComplete, "\(request.target) has a body, which would be taken for the next protocol")
    guard begin(), let connection else { return nil }
    writeHead(101, headers, .none)
    answer = .complete
    release()
    return connection
  }

  private func begin() -> Bool {
    loop.assertCurrent()
    guard case .none = answer else {
      assertionFailure("\(request.method) \(request.target) is answered already")
      return false
    }
    if connection == nil { answer = .complete }
    return connection != nil
  }

  private func writeHead(_ status: Int, _ headers: HTTPHeaders, _ framing: HTTPFraming) {
    guard let connection else { return }
    connection.note(route: route, status: status)
    // A client that was not told to send its body may send it or not: what comes next can't be understood.
    if awaitsContinue || !connection.keepsAlive(request) { mustClose = true }
    // Nor does the end of a body come that may rest for ever.
    if bodyMayRest, !bodyIsComplete { mustClose = true }
    connection.write { output in
      HTTPWire.appendResponseHead(
        status: status, headers: headers, framing: framing, keepsAlive: !mustClose, version: request.version,
        date: connection.date, to: &output)
    }
  }

  private func end() {
    guard let connection else { return }
    try? hold(0)
    connection.answered()
    // An answered exchange lets go of its connection once the request's body is through.
    if bodyIsComplete { release() }
  }

  // MARK: For the connection

  func checkOrigin() throws(HTTPError) {
    guard let connection else { return }
    try PageOrigin.check(request, ownNames: connection.ownNames)
  }

  /// Whether its answer has begun and not ended.
  var isStreaming: Bool { if case .streaming = answer { true } else { false } }
  var isAnswered: Bool { if case .complete = answer { true } else { false } }

  var bodyIsComplete: Bool {
    switch body {
    case .complete, .failed: true
    case .unread, .reading, .paused: false
    }
  }

  var wantsBody: Bool {
    switch body {
    case .unread, .paused: isAnswered
    case .reading: true
    case .complete, .failed: false
    }
  }

  func bodyArrived(_ bytes: [UInt8]) {
    if case .reading(let handler) = body { handler(.chunk(bytes)) }
  }

  func bodyEnded() {
    let body = self.body
    self.body = .complete
    if case .reading(let handler) = body, !isAnswered { handler(.end) }
    if isAnswered { release() }
  }

  /// What follows on the connection can't be understood: this answer is its last.
  func bodyFailed(_ error: HTTPError) {
    mustClose = true
    fail(error)
  }

  func drained() {
    let handlers = drainHandlers
    drainHandlers = []
    for handler in handlers { handler() }
  }

  func connectionEnded() {
    let handlers = isAnswered ? [] : abortHandlers
    release()
    fail(Self.gone)
    for handler in handlers { handler() }
    drained()
  }

  private static let gone = HTTPError(status: 400, reason: "The client went away.")

  private func fail(_ error: HTTPError) {
    let body = self.body
    switch body {
    case .complete, .failed: return
    case .unread: self.body = .failed(error)
    case .reading(let handler), .paused(let handler):
      self.body = .failed(error)
      if !isAnswered { handler(.failed(error)) }
    }
  }

  private func release() {
    try? hold(0)
    connection = nil
    abortHandlers = []
  }
}
