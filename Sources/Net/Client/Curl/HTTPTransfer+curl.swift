import CCurl
import HTTP
import Loop

/// What libcurl asks and tells while it carries a transfer. libcurl is on the stack in all of these.
extension HTTPTransfer {
  /// A blank line has come. Returns whether to go on.
  func received(_ event: ResponseHeadReader.Event) -> Bool {
    switch event {
    case .nothing: return failure == nil
    case .malformed: return breakOff(.protocolError, "its status line cannot be read")
    case .head(let status, let version, let headers):
      if let reason = framingFlaw(headers, status, version) { return breakOff(.protocolError, reason) }
      if let cookies = request.cookies, headers.contains("set-cookie") { cookies.isEmpty = false }
      let head = HTTPClientResponse.Head(
        status: status, url: request.url, httpVersion: version, headers: headers)
      return received(head, announcing: decodedLength(headers))
    }
  }

  /// libcurl takes the last of several lengths, and a length beside a coding: what comes behind such an answer on a
  /// kept-alive connection could be a forger's. The loop's own engine refuses it, too.
  private func framingFlaw(_ headers: HTTPHeaders, _ status: Int, _ version: String) -> String? {
    guard version.hasPrefix("1") else { return nil }
    do throws(HTTPError) {
      try HTTPResponseHead.check(framing: headers, status: status, requestMethod: request.method)
      return nil
    } catch { return error.reason }
  }

  /// `Content-Length`; nil where there is none, none that makes sense (libcurl has its own say about those), or one
  /// that is not the decoded body's.
  private func decodedLength(_ headers: HTTPHeaders) -> Int? {
    guard let digits = headers.firstValue("Content-Length"), !digits.isEmpty, digits.count <= 18,
      request.method != "HEAD", !(request.acceptsCompression && headers.contains("content-encoding"))
    else { return nil }
    var length = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      length = length * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return length
  }

  /// A connection is there and the request goes out now: a second time where the first one, on a kept-alive connection,
  /// met no answer. Returns whether it may.
  func maySendNow() -> Bool {
    guard failure == nil else { return false }
    lastActivity = client.loop.now
    if mustNotBeSentAgain { return breakOff(.closed, notSentTwice) }
    timesReadyToSend += 1
    return true
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
        if upload.drainIsDue { client.nesting.afterwards { upload.onDrain?() } }
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
}
