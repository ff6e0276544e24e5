import CCurl
import Clockwork
import Loop

/// What a transfer's end means: its timing, or its error in our words.
extension HTTPTransfer {
  func timing(_ handle: EasyHandle) -> HTTPClientTiming {
    if case .running(.relayed(let relay), _) = state {
      var timing = relay.timing
      timing.total = MonotonicClock.now - startedAt
      return timing
    }
    let before = hopStartedAt - startedAt
    func stage(_ info: CURLINFO) -> Duration {
      let microseconds = shim_get_offset(handle.easy, info)
      return microseconds > 0 ? before + .microseconds(microseconds) : .zero
    }
    return HTTPClientTiming(
      dns: before + .microseconds(shim_get_offset(handle.easy, CURLINFO_NAMELOOKUP_TIME_T)),
      connect: stage(CURLINFO_CONNECT_TIME_T), tls: stage(CURLINFO_APPCONNECT_TIME_T),
      firstByte: stage(CURLINFO_STARTTRANSFER_TIME_T), total: MonotonicClock.now - startedAt)
  }

  func error(_ code: HTTPClientError.Code, _ cause: String) -> HTTPClientError {
    let host = hostForPeople
    let harmless: Bool =
      switch code {
      // A proxy may have been asked to connect; the request itself was not sent.
      case .dns, .connect, .tls, .badURL: sentBefore == 0 && timesReadyToSend == 0
      default: sentBytes == 0
      }
    let message = host.isEmpty ? "\(request.method) \(urlForPeople): \(cause)" : "\(host): \(cause)"
    return HTTPClientError(code, host: host, message, surelyNoEffect: harmless)
  }

  /// Of a request through a proxy: whom it was meant for, and by which way.
  private var hostForPeople: String {
    guard let dialled = origin?.name else { return "" }
    guard request.proxy != nil, let target = try? URLParts(request.url) else { return dialled }
    return "\(target.name) through the proxy \(dialled)"
  }

  /// The proxy is still to open the way to the server, or TLS to agree on it: nothing of the request is sent.
  private var isTunnelling: Bool {
    timesReadyToSend == 0 && request.proxy != nil && request.url.prefix(6).lowercased() == "https:"
  }

  /// Without what may be secret: the user's name and password, and the query.
  private var urlForPeople: String {
    let text = request.url.prefix { $0 != "?" && $0 != "#" }.prefix(200)
    guard let at = text.lastIndex(of: "@") else { return String(text) }
    return "…" + text[at...]
  }

  func error(for result: CURLcode, _ handle: EasyHandle) -> HTTPClientError {
    let words = handle.failureText
    let text = words.isEmpty ? String(cString: curl_easy_strerror(result)) : words
    let number = Int32(shim_get_long(handle.easy, CURLINFO_OS_ERRNO))
    switch result {
    case CURLE_URL_MALFORMAT: return error(.badURL, text)
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return error(.dns, text)
    case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
      if mustNotBeSentAgain { return error(.closed, notSentTwice) }
      if openErrno != 0 { return notOpened() }
      return error(.connect, number == 0 ? text : "connect: \(LoopError.text(of: number))")
    // The client's own timer sees to the rest: what libcurl times is the connecting alone.
    case CURLE_OPERATION_TIMEDOUT:
      if mustNotBeSentAgain { return error(.closed, notSentTwice) }
      return error(.connect, "not connected within \(request.connectTimeout.inSeconds) s")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_INVALIDCERTSTATUS:
      return error(timesReadyToSend > 0 ? .protocolError : .tls, text)
    case CURLE_GOT_NOTHING where isTunnelling, CURLE_RECV_ERROR where isTunnelling, CURLE_SEND_ERROR where isTunnelling:
      return error(.connect, text)
    case CURLE_GOT_NOTHING: return error(.closed, "it closed the connection without an answer")
    case CURLE_PARTIAL_FILE, CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND: return error(.closed, closedText(text, number))
    case CURLE_RECV_ERROR:
      // A bad chunk is reported the same way; only a broken connection has the kernel's number.
      return number == 0 ? error(.protocolError, text) : error(.closed, closedText(text, number))
    default: return error(.protocolError, text)
    }
  }

  private func notOpened() -> HTTPClientError {
    let cause = "no socket can be opened: \(LoopError.text(of: openErrno))"
    guard case .running(.relayed, _) = state else { return error(.connect, cause) }
    return error(.closed, "its answer cannot be handed on: \(cause)")
  }

  /// libcurl tries a fresh connection where the kept-alive one died, before it asks whether the request may go out.
  var mustNotBeSentAgain: Bool { timesReadyToSend > 0 && !request.mayBeSentTwice && sentBytes > sentBefore }

  var notSentTwice: String {
    "it closed the kept-alive connection without an answer, and \(request.method) is not sent twice"
  }

  private func closedText(_ text: String, _ number: Int32) -> String {
    let cause = number == 0 ? text : LoopError.text(of: number)
    return head == nil
      ? "the connection broke before an answer: \(cause)"
      : "the connection broke after \(bodyBytes) bytes of the body: \(cause)"
  }
}
