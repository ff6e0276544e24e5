import CCurl
import Clockwork
import Glibc
import Loop

/// One request under way: what has come of it so far, and the way to stop or slow it.
///
/// Guarded by: the loop's thread; each entry from outside asserts it.
package final class HTTPTransfer: @unchecked Sendable {
  enum State {
    /// For its host's addresses, or for a place among its host's connections; nil: not even its host is known.
    case waiting(Origin?)
    case running(Carrier, Origin)
    case ended
  }

  /// What carries a request that has its place.
  enum Carrier {
    case curl(EasyHandle)
    /// The loop's own engine: before there is a connection, and on it.
    case dialling(TCPDial)
    case direct(HTTP1Connection)
    /// Begun by the loop's own engine; libcurl reads the answer.
    case relayed(CurlRelay)
  }

  /// Who is told, until the end.
  enum Owner {
    case nobody
    /// Takes the answer as it comes.
    case callbacks(Callbacks)
    /// Takes the whole answer, whose body is collected, when it has come.
    case awaiting(UnsafeContinuation<Void, Never>)
    case told(Result<HTTPClientTiming, HTTPClientError>)
  }

  struct Callbacks {
    let onHead: (HTTPClientResponse.Head) -> Void
    let onBody: ([UInt8]) -> Void
    let onEnd: (Result<HTTPClientTiming, HTTPClientError>) -> Void
  }

  let client: HTTPClient
  /// Of the present hop: redirects change it. Read member by member: a copy of the whole would count references to each
  /// of its parts, which costs a plain request a twentieth of its time.
  private(set) var request: HTTPClientRequest
  var state = State.waiting(nil)
  var owner = Owner.nobody
  /// Why it was broken off while an engine was on the stack; the first reason stays.
  var failure: HTTPClientError?
  /// Its place in the client's list.
  var place = -1
  /// Of the present hop; nil where libcurl alone can dial it.
  var plainHost: PlainHost?

  let startedAt: Instant
  var hopStartedAt: Instant
  var lastActivity: Instant
  var idleTimer: LoopTimer?
  /// When the whole timeout is over; never, where there is none.
  var deadline = Instant.distantFuture
  var redirects = 0
  /// Bytes of the requests of earlier hops, and of this hop's on a kept-alive connection that died or on one that has
  /// handed its answer over.
  var sentBefore = 0

  var head: HTTPClientResponse.Head?
  /// The present answer only says where to go on; nobody is shown it.
  var redirect: Redirect.Answer?
  var collected: [UInt8] = []
  var bodyBytes = 0

  var bodyOffset = 0
  /// How often a connection was there for the present hop.
  var timesReadyToSend = 0
  /// What its owner wants.
  private(set) var isPaused = false
  /// What libcurl was told.
  var receivingIsPaused = false
  var sendingIsPaused = false
  /// Why the process could not open a socket; 0: it could.
  var openErrno: Int32 = 0

  init(_ client: HTTPClient, _ request: consuming HTTPClientRequest) {
    (self.client, self.request) = (client, request)
    startedAt = MonotonicClock.now
    hopStartedAt = startedAt
    lastActivity = startedAt
  }

  /// Where it dials, once that is known.
  var origin: Origin? {
    switch state {
    case .waiting(let origin): origin
    case .running(_, let origin): origin
    case .ended: nil
    }
  }

  func goOn(with request: HTTPClientRequest) { self.request = request }

  /// Its body is gathered for who awaits it.
  var isCollected: Bool { if case .callbacks = owner { false } else { true } }

  // MARK: For its owner

  /// Ends the transfer: its connection is closed, or its HTTP/2 stream reset. `onEnd` is called with the code
  /// `cancelled` before this returns; from within `onHead` and `onBody`, right after they have returned.
  package func cancel() {
    client.loop.assertCurrent()
    client.fail(self, .cancelled, "cancelled")
  }

  /// No more of the body from here on: the kernel's buffers fill and the server is slowed down. The head may still
  /// come, and so may the end where no body is left.
  package func pause() {
    client.loop.assertCurrent()
    isPaused = true
  }

  package func resume() {
    client.loop.assertCurrent()
    if case .ended = state { return }
    guard isPaused else { return }
    isPaused = false
    lastActivity = client.loop.now
    armIdleTimer()
    client.nesting.afterwards { [self] in
      guard !isPaused else { return }
      if case .running(.direct(let connection), _) = state { return connection.resume(self) }
      guard receivingIsPaused else { return }
      receivingIsPaused = false
      unpause()
    }
  }

  /// libcurl's handle, where one carries the request.
  var handle: EasyHandle? {
    switch state {
    case .running(.curl(let handle), _): handle
    case .running(.relayed(let relay), _): relay.handle
    case .running(.dialling, _), .running(.direct, _), .waiting, .ended: nil
    }
  }

  /// Tells libcurl which directions still pause.
  private func unpause() {
    guard let handle else { return }
    let paused = (receivingIsPaused ? CURLPAUSE_RECV : 0) | (sendingIsPaused ? CURLPAUSE_SEND : 0)
    let result = client.multi.unpause(handle, keeping: paused)
    // What libcurl still held is delivered from within that call, which may end the transfer in any way.
    if result != CURLE_OK, self.handle === handle { client.hopEnded(handle, result) }
  }

  func uploadHasMore() {
    client.loop.assertCurrent()
    client.nesting.afterwards { [self] in
      guard sendingIsPaused else { return }
      sendingIsPaused = false
      unpause()
    }
  }

  /// Before each hop.
  func beginHop(at start: Instant) {
    hopStartedAt = start
    (head, redirect, bodyBytes, bodyOffset, timesReadyToSend, openErrno) = (nil, nil, 0, 0, 0, 0)
    (receivingIsPaused, sendingIsPaused) = (false, false)
    if case .upload(let upload) = request.body { upload.transfer = self }
  }
}
