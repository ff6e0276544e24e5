import CCurl
import Clockwork
import Glibc
import Loop

/// libcurl as a process: set up once.
enum Curl {
  private static let version: String = {
    // libcurl reads international names by the locale, which is none of any letters unless it is set.
    setlocale(LC_CTYPE, "C.UTF-8")
    curl_global_init(Int(CURL_GLOBAL_ALL))
    // OpenSSL writes with write(2), which would end the process when a peer has gone away.
    signal(SIGPIPE, SIG_IGN)
    return String(cString: curl_version())
  }()

  static func start() { _ = version }

  /// The line that libcurl sends for every coding that it was built with, in its order.
  static let acceptEncoding: [UInt8] = {
    start()
    let features = shim_features()
    let codings = [
      ("deflate, gzip", CURL_VERSION_LIBZ), ("br", CURL_VERSION_BROTLI), ("zstd", CURL_VERSION_ZSTD),
    ]
    let names = codings.filter { features & Int32($0.1) != 0 }.map(\.0)
    return names.isEmpty ? [] : Array("Accept-Encoding: \(names.joined(separator: ", "))\r\n".utf8)
  }()
}

/// libcurl's multi handle on a loop: its sockets are epoll interests, its one timeout is a timer of the loop.
///
/// Transfers are added in one go behind the turn's events, and libcurl is entered once for all of them: added one by
/// one, each would be sent from within the next one's event, and the answers would come in one by one too.
/// libcurl must never be entered from inside one of its callbacks: `nesting` says whether that is so now.
final class CurlMulti: @unchecked Sendable {
  // Guarded by: the loop's thread; the client asserts it at each entry.
  private let loop: EventLoop
  /// Owned by this object; nil once `close()` has freed it.
  private var owned: UnsafeMutableRawPointer?
  let sockets: CurlSockets
  private let ended: (EasyHandle, CURLcode) -> Void
  private var timer: LoopTimer?
  private var timerDeadline = Instant.distantFuture
  private var deadline = Instant.distantFuture
  private let nesting: Nesting
  private var queued: [EasyHandle] = []
  private var addTimer: LoopTimer?

  /// - Parameter ended: a transfer is over; its handle is still added.
  init(
    loop: EventLoop, nesting: Nesting, idleConnections: Int, ended: @escaping (EasyHandle, CURLcode) -> Void
  ) {
    Curl.start()
    guard let multi = curl_multi_init() else { fatalError("libcurl has no memory for a multi handle") }
    (self.loop, self.nesting, owned, self.ended) = (loop, nesting, multi, ended)
    sockets = CurlSockets(loop: loop)
    sockets.ready = { [unowned self] descriptor, readiness in act(on: descriptor, readiness) }
    shim_multi_set_long(multi, CURLMOPT_MAXCONNECTS, idleConnections)
    // Both contexts live as long as the multi handle: `close()` ends it before they go.
    shim_multi_on_socket(multi, socketCallback, Unmanaged.passUnretained(sockets).toOpaque())
    shim_multi_on_timer(multi, timerCallback, Unmanaged.passUnretained(self).toOpaque())
  }

  /// A callback or an end may have closed the client: who goes on behind one asks `isClosed` first. To enter libcurl
  /// then would read freed memory; here it stops the process instead.
  private var multi: UnsafeMutableRawPointer {
    guard let owned else { preconditionFailure("libcurl is entered after close()") }
    return owned
  }

  private var isClosed: Bool { owned == nil }

  /// Begins a transfer within this turn or the next. Does not enter libcurl.
  func add(_ handle: EasyHandle) {
    handle.isQueued = true
    queued.append(handle)
    if queued.count == 1 { addTimer = loop.schedule(at: loop.now) { [unowned self] in addQueued() } }
  }

  private func addQueued() {
    let due = queued
    queued.removeAll(keepingCapacity: due.count <= 1024)
    // Who was removed meanwhile is still in the queue, and is there twice when it was added again.
    for handle in due where handle.isQueued {
      handle.isQueued = false
      let result = nesting.inside { curl_multi_add_handle(multi, handle.easy) }
      if result != CURLM_OK { ended(handle, CURLE_FAILED_INIT) }
    }
    guard !isClosed else { return }
    act(on: CURL_SOCKET_TIMEOUT, 0)
  }

  /// Ends a transfer that is still going: its connection is closed, or its HTTP/2 stream reset.
  func remove(_ handle: EasyHandle) {
    guard !handle.isQueued else {
      handle.isQueued = false
      return
    }
    _ = nesting.inside { curl_multi_remove_handle(multi, handle.easy) }
  }

  /// Lets a transfer go on whose callbacks had asked for a pause. `ended` is not called for what this call meets:
  /// it is the result.
  func unpause(_ handle: EasyHandle, keeping paused: Int32) -> CURLcode {
    nesting.inside { curl_easy_pause(handle.easy, paused) }
  }

  /// Every handle must have been removed. Closes the idle connections.
  func close() {
    let closing = multi
    owned = nil
    timer?.cancel()
    addTimer?.cancel()
    _ = nesting.inside { curl_multi_cleanup(closing) }
    sockets.close()
  }

  private func act(on descriptor: Int32, _ readiness: Int32) {
    var running: Int32 = 0
    _ = nesting.inside { curl_multi_socket_action(multi, descriptor, readiness, &running) }
    takeMessages()
  }

  private func takeMessages() {
    var left: Int32 = 0
    while !isClosed, let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      ended(EasyHandle.of(easy), message.pointee.data.result)
    }
  }

  // MARK: The timer

  /// libcurl's one timeout: -1 none, 0 "as soon as I am not on the stack".
  fileprivate func setTimeout(_ milliseconds: Int) {
    switch milliseconds {
    case ..<0: deadline = .distantFuture
    // This turn's own timers, or the next turn's where those have run: one call for all that was added in a turn.
    case 0: deadline = loop.now
    default: deadline = MonotonicClock.now + .milliseconds(milliseconds)
    }
    arm()
  }

  /// A timer that is early enough stays as it is and looks again when it fires: libcurl moves its timeout with every
  /// request, mostly back.
  private func arm() {
    guard !isClosed, deadline < timerDeadline else { return }
    timer?.cancel()
    timerDeadline = deadline
    timer = loop.schedule(at: deadline) { [unowned self] in fire() }
  }

  private func fire() {
    timer = nil
    timerDeadline = .distantFuture
    guard deadline <= loop.now else { return arm() }
    deadline = .distantFuture
    act(on: CURL_SOCKET_TIMEOUT, 0)
  }
}

private let timerCallback: shim_timer_callback = { _, milliseconds, context in
  Unmanaged<CurlMulti>.fromOpaque(context!).takeUnretainedValue().setTimeout(milliseconds)
  return 0
}

private let socketCallback: shim_socket_callback = { easy, descriptor, what, context, _ in
  Unmanaged<CurlSockets>.fromOpaque(context!).takeUnretainedValue().want(descriptor, what, for: easy!)
  return 0
}
