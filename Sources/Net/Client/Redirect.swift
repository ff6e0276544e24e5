import HTTP

/// What becomes of a request that is sent elsewhere (RFC 9110, section 15.4).
///
/// The client follows redirects itself instead of leaving it to libcurl: each hop then waits for its name and its place
/// like any other request, and nobody is shown the head of an answer that only points on.
enum Redirect {
  /// An answer that points on.
  struct Answer {
    let status: Int
    let location: String

    /// Nil for every other answer.
    init?(_ head: HTTPClientResponse.Head) {
      switch head.status {
      case 301, 302, 303, 307, 308: break
      default: return nil
      }
      guard let location = head.headers.firstValue("Location"), !location.isEmpty else { return nil }
      status = head.status
      self.location = String(decoding: location, as: UTF8.self)
    }
  }

  enum Outcome {
    case request(HTTPClientRequest)
    /// 307 and 308 repeat the body, and an upload's bytes are gone.
    case bodyIsGone
  }

  static func follow(_ request: HTTPClientRequest, status: Int, to url: String, isSameOrigin: Bool) -> Outcome {
    var next = request
    next.url = url
    let becomesGet = (status == 303 && request.method != "HEAD") || (status <= 302 && request.method == "POST")
    if becomesGet {
      next.method = "GET"
      next.body = .none
      for name in ["Content-Type", "Content-Encoding", "Content-Language", "Content-Location", "Expect"] {
        next.headers.remove(name)
      }
    } else if case .upload = request.body {
      return .bodyIsGone
    }
    if !isSameOrigin {
      // Secrets meant for one server are not shown to another; the same goes for its name.
      for name in ["Authorization", "Proxy-Authorization", "Cookie", "Host"] { next.headers.remove(name) }
    }
    return .request(next)
  }
}
