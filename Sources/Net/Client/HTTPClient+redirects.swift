extension HTTPClient {
  /// Goes on to where the answer points: a new hop, which waits for its place like any request.
  func follow(_ transfer: HTTPTransfer, _ answer: Redirect.Answer) {
    let request = transfer.request
    guard transfer.redirects < request.maxRedirects else {
      return fail(transfer, .tooManyRedirects, "more than \(request.maxRedirects) redirects")
    }
    guard let url = URLParts.resolve(answer.location, against: request.url) else {
      return fail(transfer, .protocolError, "it redirects to a URL that cannot be read")
    }
    let isSameOrigin = Self.sameOrigin(url, request.url)
    switch Redirect.follow(request, status: answer.status, to: url, isSameOrigin: isSameOrigin) {
    case .bodyIsGone:
      let cause = "it redirects with status \(answer.status), and the uploaded body cannot be sent again"
      fail(transfer, .protocolError, cause)
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
