import CCurl

extension HTTPClient {
  /// Goes on to where the answer points: a new hop, which waits for its place like any request.
  func follow(_ transfer: HTTPTransfer, _ handle: EasyHandle) {
    guard transfer.redirects < transfer.request.maxRedirects else {
      return fail(transfer, .tooManyRedirects, "more than \(transfer.request.maxRedirects) redirects")
    }
    guard let text = shim_get_string(handle.easy, CURLINFO_REDIRECT_URL) else {
      return fail(transfer, .protocolError, "it redirects to a URL that cannot be read")
    }
    let url = String(cString: text)
    let status = shim_get_long(handle.easy, CURLINFO_RESPONSE_CODE)
    let isSameOrigin = Self.sameOrigin(url, transfer.request.url)
    switch Redirect.follow(transfer.request, status: status, to: url, isSameOrigin: isSameOrigin) {
    case .bodyIsGone:
      fail(transfer, .protocolError, "it redirects with status \(status), and the uploaded body cannot be sent again")
    case .request(let next):
      transfer.sentBefore = transfer.sentBytes
      let origin = release(transfer)
      transfer.redirects += 1
      transfer.goOn(with: next)
      admit(transfer)
      if let origin { placeFreed(at: origin) }
    }
  }

  private static func sameOrigin(_ left: String, _ right: String) -> Bool {
    guard let left = try? URLParts(left), let right = try? URLParts(right) else { return false }
    return (left.scheme, left.host, left.port) == (right.scheme, right.host, right.port)
  }
}
