import Clockwork
import HTTP
import Loop

/// What comes in of an answer, whichever engine reads it. The engine is on the stack in all of these.
extension HTTPTransfer {
  enum Reception { case taken, paused, refused }

  /// The loop's own engine has read a head. Returns whether to go on.
  func received(_ head: HTTPResponseHead, from url: String) -> Bool {
    received(
      HTTPClientResponse.Head(
        status: head.status, url: url, httpVersion: head.version == .http11 ? "1.1" : "1.0", headers: head.headers))
  }

  /// Returns whether to go on.
  func received(_ head: HTTPClientResponse.Head) -> Bool {
    lastActivity = client.loop.now
    if let cookies = request.cookies, head.headers.contains("set-cookie") { cookies.isEmpty = false }
    redirect = request.followsRedirects ? Redirect.Answer(head) : nil
    guard redirect == nil else { return failure == nil }
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
    if redirect != nil { return .taken }
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

  func headIsTooLarge() {
    breakOff(.protocolError, "its head is larger than \(ClientLimits.headBytes) bytes")
  }

  /// Notes why; the engine ends the transfer when its owner's call has returned. Returns false, for it.
  @discardableResult
  func breakOff(_ code: HTTPClientError.Code, _ cause: String) -> Bool {
    if failure == nil { failure = error(code, cause) }
    return false
  }

  /// Bytes of all requests so far, heads included.
  var sentBytes: Int {
    switch state {
    case .running(.curl(let handle), _): sentBefore + handle.sentBytes
    case .running(.direct(let connection), _): sentBefore + connection.sentBytes
    case .running(.relayed(let relay), _): sentBefore + relay.sentBytes
    case .running(.dialling, _), .waiting, .ended: sentBefore
    }
  }
}
