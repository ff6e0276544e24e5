import CCurl
import Glibc

/// A libcurl easy handle: one transfer at a time, pooled between transfers.
///
/// libcurl calls back with a pointer to this object, which the client keeps alive until the handle is cleaned up. What
/// the callbacks say is passed on to the transfer that holds the handle.
final class EasyHandle: @unchecked Sendable {
  // Guarded by: the loop's thread; libcurl is entered nowhere else.
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
  var headerLines: [String] = []
  var headReader = ResponseHeadReader()
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
  let descriptor = handle.sockets.open(address!.pointee)
  if descriptor < 0 { handle.transfer?.couldNotOpenSocket(errno) }
  return descriptor
}

private let closeCallback: shim_close_callback = { context, descriptor in
  Unmanaged<CurlSockets>.fromOpaque(context!).takeUnretainedValue().close(descriptor)
}
