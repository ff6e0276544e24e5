/// Messages as the bytes that are sent.
package enum HTTPWire {
  /// The interim answer to `Expect: 100-continue`.
  package static let continueResponse = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// Appends a response's head. The framing and `keepsAlive` make Content-Length, Transfer-Encoding and Connection:
  /// such fields in `headers` are left out, except Connection, which takes the place of ours (an upgrade needs it).
  /// `date` is `HTTPDate.bytes(…)`, remade once a second; a Date in `headers` takes its place.
  ///
  /// For a 1xx, 204 or 304 status pass `.none`; for HEAD the framing that GET would have. `.none` with any other status
  /// says `Content-Length: 0`. A 1.0 client is told when the connection stays open, a 1.1 client when it does not.
  package static func appendResponseHead(
    status: Int, headers: HTTPHeaders, framing: HTTPFraming, keepsAlive: Bool, version: HTTPVersion = .http11,
    date: [UInt8]? = nil, to bytes: inout [UInt8]
  ) {
    // Room for one head, and only where there is none yet: `bytes` may be a queue of many answers, all moved whenever
    // just enough is asked for.
    if bytes.capacity == 0 { bytes.reserveCapacity(160 + headers.count * 48) }
    append("HTTP/1.1 ", to: &bytes)
    appendNumber(status, to: &bytes)
    bytes.append(Octet.space)
    append(HTTPStatus.reason(of: status), to: &bytes)
    append("\r\n", to: &bytes)
    let seen = appendFields(headers, to: &bytes)
    if let date, !seen.date {
      append("Date: ", to: &bytes)
      bytes.append(contentsOf: date)
      append("\r\n", to: &bytes)
    }
    if status >= 200, status != 204, status != 304 { appendFraming(framing, to: &bytes) }
    if !seen.connection, status >= 200 {
      if !keepsAlive || framing == .untilClose {
        append("Connection: close\r\n", to: &bytes)
      } else if version == .http10 {
        append("Connection: keep-alive\r\n", to: &bytes)
      }
    }
    append("\r\n", to: &bytes)
  }

  /// Appends one chunk of a chunked body; nothing for no bytes, as an empty chunk would end the body.
  package static func appendChunk(_ chunk: some Collection<UInt8>, to bytes: inout [UInt8]) {
    guard !chunk.isEmpty else { return }
    bytes.append(contentsOf: String(chunk.count, radix: 16).utf8)
    append("\r\n", to: &bytes)
    bytes.append(contentsOf: chunk)
    append("\r\n", to: &bytes)
  }

  /// Appends the end of a chunked body.
  package static func appendLastChunk(trailers: HTTPHeaders = HTTPHeaders(), to bytes: inout [UInt8]) {
    append("0\r\n", to: &bytes)
    _ = appendFields(trailers, to: &bytes)
    append("\r\n", to: &bytes)
  }

  private static func appendFraming(_ framing: HTTPFraming, to bytes: inout [UInt8]) {
    switch framing {
    case .none: append("Content-Length: 0\r\n", to: &bytes)
    case .length(let length):
      append("Content-Length: ", to: &bytes)
      appendNumber(length, to: &bytes)
      append("\r\n", to: &bytes)
    case .chunked: append("Transfer-Encoding: chunked\r\n", to: &bytes)
    case .untilClose: break
    }
  }

  /// All fields but those that the framing decides.
  private static func appendFields(
    _ headers: HTTPHeaders, to bytes: inout [UInt8]
  ) -> (date: Bool, connection: Bool) {
    var seen = (date: false, connection: false)
    let span = headers.bytes.span
    for field in headers.fields {
      switch field.name.count {
      case 14 where span.equals("content-length", in: field.name): continue
      case 17 where span.equals("transfer-encoding", in: field.name): continue
      case 4 where span.equals("date", in: field.name): seen.date = true
      case 10 where span.equals("connection", in: field.name): seen.connection = true
      default: break
      }
      bytes.append(contentsOf: headers.bytes[field.name])
      append(": ", to: &bytes)
      bytes.append(contentsOf: headers.bytes[field.value])
      append("\r\n", to: &bytes)
    }
    return seen
  }

  private static func appendNumber(_ number: Int, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: String(number).utf8)
  }

  @inline(__always)
  private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    // The program's own constant: it lives as long as the program.
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
