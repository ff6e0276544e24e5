import CCurl
import Clockwork
import HTTP
package import Loop

/// HTTP/1.1 and HTTP/2 requests on one loop, over libcurl: kept-alive connections, streamed answers, time-outs,
/// redirects.
///
/// A request goes this way: `admit` finds its origin and waits for addresses and a place, `launch` gives it to one of
/// the two engines, `hopEnded` takes it back and either follows a redirect or tells the end. libcurl does everything;
/// the loop's own engine takes the common case, and nobody can tell by behaviour which one ran.
package final class HTTPClient: @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it.
  package let loop: EventLoop
  package let configuration: HTTPClientConfiguration
  /// nil until a request needs libcurl: one that the loop's own engine takes, and a process that asks nobody, is spared
  /// the memory and the time that it takes to begin with.
  private(set) var startedMulti: CurlMulti?
  private(set) var own: HTTP1Engine!
  let nesting = Nesting()
  var origins = OriginTable()
  /// Origins whose turn comes when a place among all connections is free.
  var starved = FIFO<Origin>()
  var running = 0
  var deadlineTimer: LoopTimer?
  /// When `deadlineTimer` fires.
  var nextLook = Instant.distantFuture
  var pool: [EasyHandle] = []
  @exclusivity(unchecked) private(set) var transfers: [HTTPTransfer] = []
  private(set) var isClosed = false
  /// For `figures`: requests ever begun, and those that came to nothing.
  private(set) var begun = 0
  private(set) var errors: [HTTPClientError.Code: Int] = [:]

  /// Loop thread only. The owner calls `close()` before it lets the client go.
  package init(loop: EventLoop, configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
    loop.assertCurrent()
    (self.loop, self.configuration) = (loop, configuration)
    own = HTTP1Engine(self)
  }

  var multi: CurlMulti {
    if let startedMulti { return startedMulti }
    let multi = CurlMulti(loop: loop, nesting: nesting, idleConnections: configuration.maxConnections) {
      [unowned self] handle, result in hopEnded(handle, result)
    }
    multi.sockets.exhausted = { [unowned self] in own.closeLongestIdle() }
    multi.sockets.failed = { [unowned self] handle, error in
      nesting.afterwards { handle.transfer.map { self.fail($0, .connect, "\(error)") } }
    }
    startedMulti = multi
    return multi
  }

  deinit { assert(isClosed, "an HTTPClient was let go without close()") }

  /// Requests that have not ended, waiting ones included.
  package var transferCount: Int { transfers.count }
  /// Connections open now, idle ones included, and how many were ever opened.
  package var connectionCounts: (open: Int, opened: Int) {
    let libcurl = startedMulti?.sockets
    return ((libcurl?.connections ?? 0) + own.open, (libcurl?.opened ?? 0) + own.opened)
  }

  /// Begins a request whose answer is handed over as it comes. Nothing is called before this returns; `onEnd` is called
  /// once, whatever happens. All on the loop's thread.
  @discardableResult
  package func start(
    _ request: HTTPClientRequest,
    onHead: @escaping (HTTPClientResponse.Head) -> Void = { _ in },
    onBody: @escaping ([UInt8]) -> Void,
    onEnd: @escaping (Result<HTTPClientTiming, HTTPClientError>) -> Void
  ) -> HTTPTransfer {
    let transfer = HTTPTransfer(self, request)
    transfer.owner = .callbacks(HTTPTransfer.Callbacks(onHead: onHead, onBody: onBody, onEnd: onEnd))
    begin(transfer)
    return transfer
  }

  /// Ends every request with the code `cancelled` and closes every connection. From within `onHead` and `onBody`: right
  /// after they have returned.
  package func close() {
    loop.assertCurrent()
    guard !isClosed else { return }
    isClosed = true
    nesting.afterwards { [self] in
      while let transfer = transfers.last { fail(transfer, .cancelled, "the client was closed") }
      pool = []
      startedMulti?.close()
      own.close()
      deadlineTimer?.cancel()
    }
  }

  // MARK: A transfer's beginning and end

  func begin(_ transfer: HTTPTransfer) {
    loop.assertCurrent()
    transfer.place = transfers.count
    transfers.append(transfer)
    begun += 1
    if let failure = transfer.failure {
      loop.execute { [self] in end(transfer, .failure(failure)) }
      return
    }
    if let flaw = isClosed ? "the client is closed" : Self.flaw(of: transfer) {
      // Not from within the call: callers set up their state behind it.
      loop.execute { [self] in fail(transfer, isClosed ? .cancelled : .badRequest, flaw) }
      return
    }
    watchDeadline(of: transfer)
    transfer.armIdleTimer()
    admit(transfer)
  }

  /// Gives a transfer with a place at its origin to an engine.
  func launch(_ transfer: HTTPTransfer, at origin: Origin, hopStart: Instant) {
    transfer.beginHop(at: hopStart)
    origin.running += 1
    running += 1
    if configuration.engines == .both, PlainRequest.holds(for: transfer, at: origin) {
      return own.start(transfer, at: origin)
    }
    let handle = pool.popLast() ?? EasyHandle(sockets: multi.sockets)
    transfer.state = .running(.curl(handle), origin)
    handle.load(transfer, configuration, names: origins.takeEntries(for: origin))
    multi.add(handle)
  }

  /// libcurl has done what it could for a hop.
  func hopEnded(_ handle: EasyHandle, _ result: CURLcode) {
    guard let transfer = handle.transfer else { return }
    guard result == CURLE_OK, transfer.failure == nil else {
      return end(transfer, .failure(transfer.failure ?? transfer.error(for: result, handle)))
    }
    // libcurl takes a head that breaks off for an answer.
    guard transfer.head != nil || transfer.redirect != nil else {
      return end(transfer, .failure(transfer.error(.closed, "it closed the connection within its answer's head")))
    }
    hopEnded(transfer, transfer.timing(handle))
  }

  /// A hop's answer has come whole: goes on to the next hop, or ends.
  func hopEnded(_ transfer: HTTPTransfer, _ timing: HTTPClientTiming) {
    if let failure = transfer.failure { return end(transfer, .failure(failure)) }
    if let answer = transfer.redirect { return follow(transfer, answer) }
    end(transfer, .success(timing))
  }

  /// A transfer that was broken off from within the loop's own engine.
  func hopEnded(_ transfer: HTTPTransfer) {
    guard let failure = transfer.failure else { preconditionFailure("a transfer is broken off without a reason") }
    end(transfer, .failure(failure))
  }

  /// Breaks a transfer off, whatever its state; `cause` is for people.
  func fail(_ transfer: HTTPTransfer, _ code: HTTPClientError.Code, _ cause: String) {
    if case .ended = transfer.state { return }
    let error = transfer.failure ?? transfer.error(code, cause)
    // Not begun: its beginning will be its end.
    guard transfer.place >= 0 else {
      transfer.failure = error
      return
    }
    guard nesting.isInside else { return end(transfer, .failure(error)) }
    guard transfer.failure == nil else { return }
    transfer.failure = error
    nesting.afterwards { self.end(transfer, .failure(error)) }
  }

  private func end(_ transfer: HTTPTransfer, _ result: Result<HTTPClientTiming, HTTPClientError>) {
    if case .ended = transfer.state { return }
    let freed = release(transfer)
    let waitedAt: Origin? = if case .waiting(let origin) = transfer.state { origin } else { nil }
    transfer.state = .ended
    waitedAt?.waiterHasEnded()
    transfer.idleTimer?.cancel()
    transfer.idleTimer = nil
    let last = transfers.removeLast()
    if last !== transfer {
      transfers[transfer.place] = last
      last.place = transfer.place
    }
    if case .failure(let error) = result { errors[error.code, default: 0] += 1 }
    if let freed { isClosed ? returnPlaces(of: freed) : placeFreed(at: freed) }
    transfer.tellOwner(result)
  }

  /// Takes a running transfer out of its engine; returns the origin where a place is free now.
  func release(_ transfer: HTTPTransfer) -> Origin? {
    guard case .running(let carrier, let origin) = transfer.state else { return nil }
    switch carrier {
    case .curl(let handle): release(handle)
    case .dialling(let dial): dial.cancel()
    case .direct(let connection): connection.release(transfer)
    case .relayed(let relay):
      release(relay.handle)
      relay.end()
    }
    transfer.state = .waiting(nil)
    origin.running -= 1
    running -= 1
    return origin
  }

  private func release(_ handle: EasyHandle) {
    // libcurl has not seen it, nor the names that it carries.
    if handle.isQueued { origins.giveBack(handle.names) }
    multi.remove(handle)
    handle.unload()
    if pool.count < ClientLimits.pooledHandles { pool.append(handle) }
  }

  /// What HTTP cannot carry. (Headers cannot hold what would forge a line.)
  private static func flaw(of transfer: HTTPTransfer) -> String? {
    let method = transfer.request.method
    if method == "GET" || method == "POST" { return nil }
    guard HTTPHeaders.isName(method) else { return "the method \"\(method)\" is no HTTP token" }
    if method == "HEAD", case .none = transfer.request.body { return nil }
    return method == "HEAD" ? "HEAD has no body" : nil
  }
}
