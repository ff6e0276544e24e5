import HTTP

/// What a parser said of some bytes, in a form to compare.
enum Said: Equatable, CustomStringConvertible {
  case informational(Int)
  case head(String)
  case body(String)
  case end(String)
  case failed(Int)

  var description: String {
    switch self {
    case .informational(let status): "informational \(status)"
    case .head(let line): "head \(line)"
    case .body(let text): "body \(text)"
    case .end(let trailers): "end \(trailers)"
    case .failed(let status): "failed \(status)"
    }
  }
}

/// How a text is cut into the pieces that a parser is given.
enum Pieces {
  case whole, single
  case sizes([Int])

  func cut(_ bytes: [UInt8]) -> [[UInt8]] {
    switch self {
    case .whole: return [bytes]
    case .single: return bytes.map { [$0] }
    case .sizes(let sizes):
      var pieces: [[UInt8]] = []
      var rest = bytes[...]
      var turn = 0
      while !rest.isEmpty {
        pieces.append(Array(rest.prefix(sizes[turn % sizes.count])))
        rest = rest.dropFirst(sizes[turn % sizes.count])
        turn += 1
      }
      return pieces
    }
  }
}

/// A body's parts said as one, because pieces cut it.
func append(_ said: Said, to all: inout [Said]) {
  if case .body(let more) = said, case .body(let text) = all.last {
    all[all.count - 1] = .body(text + more)
  } else {
    all.append(said)
  }
}

func line(_ head: HTTPRequestHead) -> String {
  "\(head) \(head.version) \(head.framing) keeps:\(head.keepsAlive) expects:\(head.expectsContinue)\n\(head.headers)"
}

func readRequests(_ bytes: [UInt8], _ pieces: Pieces = .whole, limits: HTTPLimits = .standard) -> [Said] {
  var parser = HTTPRequestParser(limits: limits)
  var all: [Said] = []
  for piece in pieces.cut(bytes) {
    var place = 0
    do {
      while let event = try parser.next(in: piece.span, at: &place) {
        switch event {
        case .head(let head): append(.head(line(head)), to: &all)
        case .body(let range): append(.body(String(decoding: piece[range], as: UTF8.self)), to: &all)
        case .end(let trailers): append(.end("\(trailers)"), to: &all)
        }
      }
    } catch {
      return all + [.failed(error.status)]
    }
    if place != piece.count { return all + [.failed(-1)] }
  }
  return all
}

func readRequests(_ text: String, _ pieces: Pieces = .whole, limits: HTTPLimits = .standard) -> [Said] {
  readRequests(Array(text.utf8), pieces, limits: limits)
}

/// The head that the text begins with, its empty line included.
func head(_ text: String) throws -> HTTPRequestHead {
  var parser = HTTPRequestParser()
  var place = 0
  guard case .head(let head) = try parser.next(in: Array(text.utf8).span, at: &place) else {
    throw HTTPError(status: 400, reason: "the text ends in the middle of the head")
  }
  return head
}

func readResponses(
  _ text: String, _ pieces: Pieces = .whole, methods: [String] = ["GET"], ends: Bool = true
) -> [Said] {
  var parser = HTTPResponseParser()
  var methods = methods[...]
  parser.requestMethod = methods.popFirst() ?? "GET"
  var all: [Said] = []
  do {
    for piece in pieces.cut(Array(text.utf8)) {
      var place = 0
      while let event = try parser.next(in: piece.span, at: &place) {
        switch event {
        case .informational(let head): append(.informational(head.status), to: &all)
        case .head(let head):
          let rest = "\(head.framing) keeps:\(head.keepsAlive)\n\(head.headers)"
          append(.head("\(head.status) \(head.reason) \(rest)"), to: &all)
        case .body(let range): append(.body(String(decoding: piece[range], as: UTF8.self)), to: &all)
        case .end(let trailers):
          append(.end("\(trailers)"), to: &all)
          parser.requestMethod = methods.popFirst() ?? "GET"
        }
      }
      if place != piece.count { return all + [.failed(-1)] }
    }
    if ends, case .end(let trailers) = try parser.endOfInput() { append(.end("\(trailers)"), to: &all) }
  } catch {
    return all + [.failed(error.status)]
  }
  return all
}
