import HTTP

/// Responses: the pieces make no difference, and what is parsed and written parses again to the same.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  for method in ["GET", "HEAD", "CONNECT"] {
    let whole = said(bytes, .whole, method)
    require(said(bytes, .uneven, method) == whole, "uneven pieces say something else")
    guard method != "CONNECT" else { continue }
    if method == "GET" { require(said(bytes, .single, method) == whole, "single bytes say something else") }
    let (events, text) = rewritten(whole)
    require(said(text, .whole, method) == events, "what was written reads otherwise")
  }
  return 0
}

private enum Said: Equatable {
  case head(HTTPResponseHead, isFinal: Bool)
  case body([UInt8])
  case end(HTTPHeaders)
  case failed(HTTPError)

  static func == (left: Said, right: Said) -> Bool {
    switch (left, right) {
    case (.head(let left, let isFinal), .head(let right, let isAlsoFinal)):
      left.status == right.status && left.framing == right.framing && left.keepsAlive == right.keepsAlive
        && left.version == right.version && isFinal == isAlsoFinal && kept(left.headers) == kept(right.headers)
    case (.body(let left), .body(let right)): left == right
    case (.end(let left), .end(let right)): left == right
    case (.failed(let left), .failed(let right)): left == right
    default: false
    }
  }
}

/// Without what the writer decides.
private func kept(_ headers: HTTPHeaders) -> HTTPHeaders {
  var headers = headers
  for name in ["Content-Length", "Transfer-Encoding", "Connection"] { headers.remove(name) }
  return headers
}

private func said(_ bytes: [UInt8], _ cut: Cut, _ method: String) -> [Said] {
  var parser = HTTPResponseParser()
  parser.requestMethod = method
  var all: [Said] = []
  do {
    for piece in cut.pieces(bytes) {
      var place = 0
      while true {
        let before = place
        guard let event = try parser.next(in: piece.span, at: &place) else { break }
        require(before <= place && place <= piece.count, "the place left the input")
        append(event, piece, &all)
      }
      require(place == piece.count, "input is left behind")
    }
    if let event = try parser.endOfInput() { append(event, [], &all) }
  } catch {
    require(error.status == 502, "a response's error has another status")
    return all + [.failed(error)]
  }
  return all
}

private func append(_ event: HTTPResponseParser.Event, _ piece: [UInt8], _ all: inout [Said]) {
  switch event {
  case .informational(let head): all.append(.head(head, isFinal: false))
  case .head(let head): all.append(.head(head, isFinal: true))
  case .end(let trailers): all.append(.end(kept(trailers)))
  case .body(let range):
    if case .body(let part) = all.last {
      all[all.count - 1] = .body(part + piece[range])
    } else {
      all.append(.body(Array(piece[range])))
    }
  }
}

/// Whole responses of HTTP/1.1 as they are read, and as they are written.
private func rewritten(_ all: [Said]) -> (events: [Said], bytes: [UInt8]) {
  var (events, bytes): ([Said], [UInt8]) = ([], [])
  var rest = all[...]
  while case .head(let head, let isFinal)? = rest.popFirst(), head.version == .http11 {
    var message: [Said] = [.head(head, isFinal: isFinal)]
    var text: [UInt8] = []
    HTTPWire.appendResponseHead(
      status: head.status, headers: head.headers, framing: head.framing, keepsAlive: head.keepsAlive, to: &text)
    if isFinal {
      var body: [UInt8] = []
      if case .body(let part)? = rest.first { body = part }
      if !body.isEmpty { message.append(rest.removeFirst()) }
      guard case .end(let trailers)? = rest.popFirst() else { break }
      if head.framing == .chunked {
        HTTPWire.appendChunk(body, to: &text)
        HTTPWire.appendLastChunk(trailers: trailers, to: &text)
      } else {
        text += body
      }
      message.append(.end(trailers))
    }
    events += message
    bytes += text
  }
  return (events, bytes)
}
