import Clockwork
import HTTP
import Loop

/// What comes in of an answer, whichever engine reads it. The engine is on the stack in all of these.
extension HTTPTransfer {
  enum Reception { case taken, paused, refused }

  /// A head has been read. Returns whether to go on.
  ///
  /// - Parameter announced: bytes of the decoded body, where that is known.
  func received(_ head: HTTPClientResponse.Head, announcing announced: Int?) -> Bool {
    lastActivity = client.loop.now
    redirect = request.followsRedirects ? Redirect.Answer(head) : nil
    guard redirect == nil else { return failure == nil }
    if let announced {
      guard announced <= bodyLimit else { return breakOff(.tooLarge, tooLargeText) }
      // A server's word alone is worth no more memory.
      if isCollected { collected.reserveCapacity(min(announced, ClientLimits.reservedBytes)) }
    }
    self.head = head
    if case .callbacks(let callbacks) = owner { callbacks.onHead(head) }
    return failure == nil
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
    if case .callbacks(let callbacks) = owner {
      callbacks.onBody(Array(bytes))
    } else {
      collected.append(contentsOf: bytes)
    }
    return failure == nil ? .taken : .refused
  }

  var bodyLimit: Int {
    request.maxBodyBytes ?? (isCollected ? ClientLimits.collectedBytes : .max)
  }

  private var tooLargeText: String { "its body is larger than \(bodyLimit) bytes" }

  func headIsTooLarge() {
    breakOff(.tooLarge, "its head is larger than \(ClientLimits.headBytes) bytes")
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
    case .running(.relayed, _), .running(.dialling, _), .waiting, .ended: sentBefore
    }
  }
}
