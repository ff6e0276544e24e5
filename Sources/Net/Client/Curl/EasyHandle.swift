import CCurl
import Glibc
import Loop

/// A libcurl easy handle: one transfer at a time, pooled between transfers.
///
/// libcurl calls back with a pointer to this object, which the client keeps alive until the handle is cleaned up. What
/// the callbacks say is passed on to the transfer that holds the handle.
/// Guarded by: the loop's thread; libcurl is entered nowhere else.
final class EasyHandle: @unchecked Sendable {
  /// Where a transfer dials that serves a `CurlRelay`.
  private enum RelayAddress {
    case none
    case toDial([UInt8])
    case dialled
  }

  /// Owned by this object; valid until it goes.
  let easy: UnsafeMutableRawPointer
  let sockets: CurlSockets
  /// Whom the callbacks serve; nil in the pool.
  var transfer: HTTPTransfer?
  /// Waits to be added to libcurl's multi handle.
  var isQueued = false
  /// What libcurl was last told to fetch.
  var url = ""
  /// What the handle is set up for; nil: nothing yet.
  var shape: EasyShape?
  /// The header lines libcurl reads while the transfer runs; owned here, freed when they are replaced.
  var headerList: UnsafeMutablePointer<curl_slist>?
  /// Addresses handed to libcurl's cache; owned here, freed when the transfer is over.
  var addressList: UnsafeMutablePointer<curl_slist>?
  /// The same addresses, for whom they are given back to when libcurl never saw them.
  var names: [String] = []
  var headerLines: [String] = []
  var headReader = ResponseHeadReader()
  private var relayAddress = RelayAddress.none
  /// libcurl's words for a failure; owned here.
  private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  init(sockets: CurlSockets) {
    guard let easy = curl_easy_init() else { fatalError("libcurl has no memory for an easy handle") }
    (self.easy, self.sockets) = (easy, sockets)
    words[0] = 0
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    curl_slist_free_all(addressList)
    words.deallocate()
  }

  /// The object behind a handle that libcurl names.
  static func of(_ easy: UnsafeMutableRawPointer) -> EasyHandle {
    Unmanaged<EasyHandle>.fromOpaque(shim_get_pointer(easy, CURLINFO_PRIVATE)!).takeUnretainedValue()
  }

  /// Bytes of the present request that went out, its head included.
  var sentBytes: Int { shim_get_long(easy, CURLINFO_REQUEST_SIZE) }

  /// What libcurl says of the failure, without a trailing stop; empty when it says nothing.
  var failureText: String { String(cString: words) }

  /// After `curl_easy_reset`: what is the same for every transfer.
  func setUpCallbacks() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    shim_set_pointer(easy, CURLOPT_PRIVATE, context)
    shim_set_pointer(easy, CURLOPT_ERRORBUFFER, words)
    shim_on_header(easy, headerCallback, context)
    shim_on_body(easy, bodyCallback, context)
    shim_on_read(easy, readCallback, context)
    shim_on_seek(easy, seekCallback, context)
    shim_on_prerequest(easy, prerequestCallback, context)
    shim_on_open(easy, openCallback, context)
    // Called when a connection closes, long after this transfer: hence the sockets, which outlive every connection.
    shim_on_close(easy, closeCallback, Unmanaged.passUnretained(sockets).toOpaque())
  }

  func clearFailureText() { words[0] = 0 }

  // MARK: Relays

  /// The transfer dials a local address once, whatever its URL says; its connection is neither an old one nor kept.
  func relay(through address: [UInt8]) {
    relayAddress = .toDial(address)
    shim_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
    shim_set_long(easy, CURLOPT_FORBID_REUSE, 1)
  }

  func endRelay() {
    if case .none = relayAddress { return }
    relayAddress = .none
    shim_set_long(easy, CURLOPT_FRESH_CONNECT, 0)
    shim_set_long(easy, CURLOPT_FORBID_REUSE, 0)
  }

  /// -1 with `errno` where there is none to be had.
  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
    switch relayAddress {
    case .none: return sockets.open(address.pointee)
    case .dialled:
      errno = ENOTCONN
      return -1
    case .toDial(let local):
      let descriptor = OwnListener.openDialler()
      guard descriptor >= 0 else { return -1 }
      relayAddress = .dialled
      // Guarded by: libcurl, until this callback returns.
      local.withUnsafeBytes { shim_set_local_address(address, $0.baseAddress, UInt32($0.count)) }
      sockets.adopt(descriptor)
      return descriptor
    }
  }
}

private func handle(_ context: UnsafeMutableRawPointer?) -> EasyHandle {
  Unmanaged<EasyHandle>.fromOpaque(context!).takeUnretainedValue()
}

/// Fewer bytes than were handed over end the transfer.
private let headerCallback: shim_bytes_callback = { bytes, size, count, context in
  // The bytes live as long as the call.
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  let handle = handle(context)
  guard ResponseHeadReader.isBlank(line) else {
    if handle.headReader.take(line) { return size * count }
    handle.transfer?.headIsTooLarge()
    return 0
  }
  return handle.transfer?.received(handle.headReader.blankLine()) == true ? size * count : 0
}

private let bodyCallback: shim_bytes_callback = { bytes, size, count, context in
  // The bytes live as long as the call.
  let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
  switch handle(context).transfer?.received(body: body) {
  case .taken: return size * count
  case .paused: return Int(CURL_WRITEFUNC_PAUSE)
  case .refused, nil: return 0
  }
}

private let readCallback: shim_bytes_callback = { bytes, size, count, context in
  // The space lives as long as the call.
  let space = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
  return handle(context).transfer?.nextBodyBytes(space) ?? Int(CURL_READFUNC_ABORT)
}

private let seekCallback: shim_seek_callback = { context, offset, origin in
  guard origin == SEEK_SET, handle(context).transfer?.rewindBody(to: Int(offset)) == true else {
    return CURL_SEEKFUNC_FAIL
  }
  return CURL_SEEKFUNC_OK
}

private let prerequestCallback: shim_prerequest_callback = { context, _, _, _, _ in
  handle(context).transfer?.maySendNow() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private let openCallback: shim_open_callback = { context, _, address in
  let handle = handle(context)
  let descriptor = handle.open(address!)
  if descriptor < 0 { handle.transfer?.couldNotOpenSocket(errno) }
  return descriptor
}

private let closeCallback: shim_close_callback = { context, descriptor in
  Unmanaged<CurlSockets>.fromOpaque(context!).takeUnretainedValue().close(descriptor)
}
