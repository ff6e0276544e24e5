import CCurl
import Clockwork
import HTTP
package import Loop

/// HTTP/1.1 and HTTP/2 requests on one loop, over libcurl: kept-alive connections, streamed answers, time-outs,
/// redirects.
///
/// A request goes this way: `admit` finds its origin and waits for addresses and a place, `launch` gives it a handle
/// and adds it to libcurl, `hopEnded` takes the handle back and either follows a redirect or tells the end.
package final class HTTPClient: @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it.
  package let loop: EventLoop
  package let configuration: HTTPClientConfiguration
  private(set) var multi: CurlMulti!
  var origins = OriginTable()
  /// Origins whose turn comes when a place among all connections is free.
  var starved = FIFO<Origin>()
  var running = 0
  private var deadlines = Deadlines()
  private var pool: [EasyHandle] = []
  private var transfers: [HTTPTransfer] = []
  private var isClosed = false

  /// Loop thread only. The owner calls `close()` before it lets the client go.
  package init(loop: EventLoop, configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
    loop.assertCurrent()
    (self.loop, self.configuration) = (loop, configuration)
    multi = CurlMulti(loop: loop, idleConnections: configuration.maxConnections) { [unowned self] handle, result in
      hopEnded(handle, result)
    }
    multi.sockets.failed = { [unowned self] handle, error in
      multi.afterwards { handle.transfer.map { self.fail($0, .connect, "\(error)") } }
    }
  }

  deinit { assert(isClosed, "an HTTPClient was let go without close()") }

  /// Requests that have not ended, waiting ones included.
  package var transferCount: Int { transfers.count }
  /// Connections open now, idle ones included, and how many were ever opened.
  package var connectionCounts: (open: Int, opened: Int) { (multi.sockets.connections, multi.sockets.opened) }

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
    transfer.callbacks = HTTPTransfer.Callbacks(onHead: onHead, onBody: onBody, onEnd: onEnd)
    begin(transfer)
    return transfer
  }

  /// Ends every request with the code `cancelled` and closes every connection. From within `onHead` and `onBody`: right
  /// after they have returned.
  package func close() {
    loop.assertCurrent()
    guard !isClosed else { return }
    isClosed = true
    multi.afterwards { [self] in
      while let transfer = transfers.last { fail(transfer, .cancelled, "the client was closed") }
      pool = []
      multi.close()
    }
  }

  // MARK: A transfer's beginning and end

  func begin(_ transfer: HTTPTransfer) {
    loop.assertCurrent()
    transfer.place = transfers.count
    transfers.append(transfer)
    if let failure = transfer.failure {
      loop.execute { [self] in end(transfer, .failure(failure)) }
      return
    }
    if let flaw = isClosed ? "the client is closed" : Self.flaw(of: transfer.request) {
      // Not from within the call: callers set up their state behind it.
      loop.execute { [self] in fail(transfer, isClosed ? .cancelled : .badRequest, flaw) }
      return
    }
    if let timeout = transfer.request.timeout { deadlines.add(transfer, after: timeout) }
    transfer.armIdleTimer()
    admit(transfer)
  }

  /// Hands a transfer with a place at its origin to libcurl.
  func launch(_ transfer: HTTPTransfer, at origin: Origin, hopStart: Instant) {
    let handle = pool.popLast() ?? EasyHandle(sockets: multi.sockets)
    transfer.beginHop(at: hopStart)
    transfer.state = .running(handle, origin)
    origin.running += 1
    running += 1
    handle.load(transfer, configuration, addresses: origins.takeEntries(for: origin))
    multi.add(handle)
  }

  /// libcurl has done what it could for a hop: goes on to the next, or ends.
  func hopEnded(_ handle: EasyHandle, _ result: CURLcode) {
    guard let transfer = handle.transfer else { return }
    guard result == CURLE_OK, transfer.failure == nil else {
      return end(transfer, .failure(transfer.failure ?? transfer.error(for: result, handle)))
    }
    if transfer.isRedirect { return follow(transfer, handle) }
    // libcurl takes a head that breaks off for an answer.
    guard transfer.head != nil else {
      return end(transfer, .failure(transfer.error(.closed, "it closed the connection within its answer's head")))
    }
    end(transfer, .success(transfer.timing(handle)))
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
    guard multi.isInside else { return end(transfer, .failure(error)) }
    guard transfer.failure == nil else { return }
    transfer.failure = error
    multi.afterwards { self.end(transfer, .failure(error)) }
  }

  private func end(_ transfer: HTTPTransfer, _ result: Result<HTTPClientTiming, HTTPClientError>) {
    if case .ended = transfer.state { return }
    let freed = release(transfer)
    let waitedAt: Origin? = if case .waiting(let origin) = transfer.state { origin } else { nil }
    transfer.state = .ended
    waitedAt?.waiterHasEnded()
    transfer.deadlineList?.remove(transfer)
    transfer.idleTimer?.cancel()
    transfer.idleTimer = nil
    let last = transfers.removeLast()
    if last !== transfer {
      transfers[transfer.place] = last
      last.place = transfer.place
    }
    if let freed, !isClosed { placeFreed(at: freed) }
    let onEnd = transfer.callbacks.onEnd
    transfer.callbacks = HTTPTransfer.Callbacks()
    onEnd?(result)
  }

  /// Takes a running transfer out of libcurl; returns the origin where a place is free now.
  func release(_ transfer: HTTPTransfer) -> Origin? {
    guard case .running(let handle, let origin) = transfer.state else { return nil }
    multi.remove(handle)
    handle.unload()
    if pool.count < ClientLimits.pooledHandles { pool.append(handle) }
    transfer.state = .waiting(nil)
    origin.running -= 1
    running -= 1
    return origin
  }

  /// What HTTP cannot carry. (Headers cannot hold what would forge a line.)
  private static func flaw(of request: HTTPClientRequest) -> String? {
    if request.method == "GET" || request.method == "POST" { return nil }
    guard HTTPHeaders.isName(request.method) else { return "the method \"\(request.method)\" is no HTTP token" }
    if request.method == "HEAD", case .none = request.body { return nil }
    return request.method == "HEAD" ? "HEAD has no body" : nil
  }
}
