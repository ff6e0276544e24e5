import HTTP

/// Requests: the pieces make no difference, and what is parsed and written parses again to the same.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  var tight = HTTPLimits()
  (tight.startLineBytes, tight.headerBlockBytes, tight.headerFields) = (40, 100, 4)
  (tight.chunkLineBytes, tight.trailerBlockBytes, tight.trailerFields) = (8, 20, 2)
  (tight.bodyBytes, tight.blankLines) = (16, 2)
  for limits in [HTTPLimits.standard, tight] {
    let whole = said(bytes, .whole, limits)
    require(said(bytes, .single, limits) == whole, "single bytes say something else")
    require(said(bytes, .uneven, limits) == whole, "uneven pieces say something else")
  }
  let whole = said(bytes, .whole, .standard)
  for case .head(let head) in whole { check(head) }
  let (events, text) = rewritten(whole)
  require(said(text, .whole, .standard) == events, "what was written reads otherwise")
  return 0
}

private enum Said: Equatable {
  case head(HTTPRequestHead)
  case body([UInt8])
  case end(HTTPHeaders)
  case failed(HTTPError)

  static func == (left: Said, right: Said) -> Bool {
    switch (left, right) {
    case (.head(let left), .head(let right)): same(left, right)
    case (.body(let left), .body(let right)): left == right
    case (.end(let left), .end(let right)): left == right
    case (.failed(let left), .failed(let right)): left == right
    default: false
    }
  }
}

private func same(_ left: HTTPRequestHead, _ right: HTTPRequestHead) -> Bool {
  left.method == right.method && left.target == right.target && left.path == right.path && left.query == right.query
    && left.version == right.version && left.framing == right.framing && left.keepsAlive == right.keepsAlive
    && left.expectsContinue == right.expectsContinue && left.authority == right.authority
    && unframed(left.headers) == unframed(right.headers)
}

private func unframed(_ headers: HTTPHeaders) -> HTTPHeaders {
  var headers = headers
  headers.remove("Content-Length")
  headers.remove("Transfer-Encoding")
  return headers
}

private func said(_ bytes: [UInt8], _ cut: Cut, _ limits: HTTPLimits) -> [Said] {
  var parser = HTTPRequestParser(limits: limits)
  var all: [Said] = []
  for piece in cut.pieces(bytes) {
    var place = 0
    var before = 0
    do {
      while let event = try parser.next(in: piece.span, at: &place) {
        require(before <= place && place <= piece.count, "the place left the input")
        switch event {
        case .head(let head): all.append(.head(head))
        case .end(let trailers): all.append(.end(unframed(trailers)))
        case .body(let range):
          require(before <= range.lowerBound && range.upperBound == place && !range.isEmpty, "a body's odd range")
          if case .body(let part) = all.last {
            all[all.count - 1] = .body(part + piece[range])
          } else {
            all.append(.body(Array(piece[range])))
          }
        }
        before = place
      }
    } catch {
      require(repeated(by: &parser) == error, "an error is not thrown again")
      return all + [.failed(error)]
    }
    require(place == piece.count, "input is left behind")
  }
  return all
}

/// Whole requests of HTTP/1.1 as they are read, and as they are written.
private func rewritten(_ all: [Said]) -> (events: [Said], bytes: [UInt8]) {
  var (events, bytes): ([Said], [UInt8]) = ([], [])
  var rest = all[...]
  while case .head(let head)? = rest.popFirst(), head.version == .http11 {
    var body: [UInt8] = []
    if case .body(let part)? = rest.first { body = part }
    if !body.isEmpty { rest.removeFirst() }
    guard case .end(let trailers)? = rest.popFirst() else { break }
    bytes += "\(head.method) \(head.target) HTTP/1.1\r\n".utf8
    head.headers.forEach { name, value in bytes += Array(name) + ": ".utf8 + Array(value) + "\r\n".utf8 }
    bytes += "\r\n".utf8
    if head.framing == .chunked {
      HTTPWire.appendChunk(body.prefix(3), to: &bytes)
      HTTPWire.appendChunk(body.dropFirst(3), to: &bytes)
      HTTPWire.appendLastChunk(trailers: trailers, to: &bytes)
    } else {
      bytes += body
    }
    events.append(.head(head))
    if !body.isEmpty { events.append(.body(body)) }
    events.append(.end(trailers))
  }
  return (events, bytes)
}

/// What may be relied on in every head that was let through.
private func check(_ head: HTTPRequestHead) {
  let lengths = head.headers.values("Content-Length")
  require(lengths.count <= 1, "two lengths passed")
  require(lengths.isEmpty || !head.headers.contains("Transfer-Encoding"), "a length beside a coding passed")
  require(head.framing != .untilClose, "a request that never ends")
  require(head.version == .http10 || head.headers.values("Host").count == 1, "not one Host")
  require(head.path.isEmpty || head.path.hasPrefix("/"), "a path without its slash")
  head.headers.forEach { name, value in
    require(!value.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }, "a control character in a field")
    require(name.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "a name that is no token")
  }
  _ = (head.pathSegments, head.headers.contentType, head.headers.description)
  let query = head.query
  require(Query(Array(query.encoded.utf8)) == Query(items: query.items), "a query reads otherwise once written")
  if let text = head.authority, let authority = Authority(text) {
    require(Authority(authority.description) == authority, "an authority reads otherwise once written")
  }
  if let media = head.headers.contentType {
    require(MediaType(media.description) == media, "a media type reads otherwise once written")
    _ = head.headers.accept.best(of: [media, .json])
  }
  if let answer = try? WebSocketHandshake.accept(head) {
    require(answer["Sec-WebSocket-Accept"]?.utf8.count == 28, "an accept key of another length")
    require(head.methodIs("GET") && head.framing == .none, "a WebSocket from a request with a body")
  }
}

private func repeated(by parser: inout HTTPRequestParser) -> HTTPError? {
  let more: [UInt8] = [0x41]
  var place = 0
  do {
    _ = try parser.next(in: more.span, at: &place)
    return nil
  } catch { return error }
}
