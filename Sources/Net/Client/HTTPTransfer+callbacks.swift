import CCurl
import HTTP
import Loop

/// What libcurl asks and tells while a transfer runs. libcurl is on the stack in all of these.
extension HTTPTransfer {
  enum Reception { case taken, paused, refused }

  func headIsTooLarge() {
    _ = breakOff(.protocolError, "its head is larger than \(ClientLimits.headBytes) bytes")
  }

  /// A blank line has come. Returns whether to go on.
  func received(_ event: ResponseHeadReader.Event) -> Bool {
    switch event {
    case .nothing: return failure == nil
    case .malformed: return breakOff(.protocolError, "its status line cannot be read")
    case .head(let status, let version, let headers):
      lastActivity = client.loop.now
      return received(
        HTTPClientResponse.Head(status: status, url: request.url, httpVersion: version, headers: headers))
    }
  }

  private func received(_ head: HTTPClientResponse.Head) -> Bool {
    isRedirect = request.followsRedirects && Redirect.follows(head)
    guard !isRedirect else { return failure == nil }
    if let bytes = Self.length(head.headers), bytes > 0, request.method != "HEAD" {
      let isEncoded = request.acceptsCompression && head.headers["Content-Encoding"] != nil
      guard isEncoded || bytes <= bodyLimit else { return breakOff(.tooLarge, tooLargeText) }
      if callbacks.onBody == nil { collected.reserveCapacity(min(bytes, bodyLimit)) }
    }
    self.head = head
    callbacks.onHead?(head)
    return failure == nil
  }

  /// `Content-Length`; nil where there is none, or none that makes sense (libcurl has its own say about those).
  private static func length(_ headers: HTTPHeaders) -> Int? {
    guard let digits = headers.firstValue("Content-Length"), !digits.isEmpty, digits.count <= 18 else { return nil }
    var length = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      length = length * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return length
  }

  func received(body bytes: UnsafeRawBufferPointer) -> Reception {
    guard failure == nil else { return .refused }
    if isPaused {
      receivingIsPaused = true
      return .paused
    }
    lastActivity = client.loop.now
    bodyBytes += bytes.count
    guard bodyBytes <= bodyLimit else {
      _ = breakOff(.tooLarge, tooLargeText)
      return .refused
    }
    if isRedirect { return .taken }
    if let onBody = callbacks.onBody {
      onBody(Array(bytes))
    } else {
      collected.append(contentsOf: bytes)
    }
    return failure == nil ? .taken : .refused
  }

  var bodyLimit: Int {
    request.maxBodyBytes ?? (callbacks.onBody == nil ? ClientLimits.collectedBytes : .max)
  }

  private var tooLargeText: String { "its body is larger than \(bodyLimit) bytes" }

  /// A connection is there and the request goes out now: a second time where the first one, on a kept-alive connection,
  /// met no answer. Returns whether it may.
  func maySendNow() -> Bool {
    guard failure == nil else { return false }
    lastActivity = client.loop.now
    timesReadyToSend += 1
    guard timesReadyToSend > 1, !request.mayBeSentTwice, sentBytes > sentBefore else { return true }
    return breakOff(
      .closed, "it closed the kept-alive connection without an answer, and \(request.method) is not sent twice")
  }

  /// Bytes of all requests so far, heads included.
  var sentBytes: Int {
    guard case .running(let handle, _) = state else { return sentBefore }
    return sentBefore + shim_get_long(handle.easy, CURLINFO_REQUEST_SIZE)
  }

  /// Fills `space` with what comes next of a body that is asked for; 0 at its end.
  func nextBodyBytes(_ space: UnsafeMutableRawBufferPointer) -> Int {
    guard failure == nil else { return Int(CURL_READFUNC_ABORT) }
    lastActivity = client.loop.now
    switch request.body {
    case .none: return 0
    case .bytes(let bytes):
      let count = min(space.count, bytes.count - bodyOffset)
      bytes.withUnsafeBytes {
        space.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[bodyOffset..<bodyOffset + count]))
      }
      bodyOffset += count
      return count
    case .upload(let upload):
      switch upload.take(into: space) {
      case .bytes(let count):
        bodyOffset += count
        if upload.drainIsDue { client.multi.afterwards { upload.onDrain?() } }
        return count
      case .end:
        guard let byteCount = upload.byteCount, bodyOffset < byteCount else { return 0 }
        _ = breakOff(.badRequest, "the upload ended after \(bodyOffset) of \(byteCount) bytes")
        return Int(CURL_READFUNC_ABORT)
      case .later:
        sendingIsPaused = true
        return Int(CURL_READFUNC_PAUSE)
      }
    }
  }

  /// libcurl starts the body anew, on a fresh connection. An upload's bytes are gone.
  func rewindBody(to offset: Int) -> Bool {
    guard case .bytes(let bytes) = request.body, offset >= 0, offset <= bytes.count else { return false }
    bodyOffset = offset
    return true
  }

  func couldNotOpenSocket(_ number: Int32) { openErrno = number }

  /// Notes why; libcurl ends the transfer when its callback returns.
  private func breakOff(_ code: HTTPClientError.Code, _ cause: String) -> Bool {
    if failure == nil { failure = error(code, cause) }
    return false
  }
}
