import HTTP

/// Gathers the header lines that libcurl hands over one by one into the head of an answer.
struct ResponseHeadReader {
  enum Event {
    /// An interim answer, or the trailer of a chunked body: the head is still to come, or has come.
    case nothing
    case head(status: Int, version: String, HTTPHeaders)
    /// A status line that cannot be read.
    case malformed
  }

  private var bytes: [UInt8] = []
  /// Bytes of all heads so far: a peer may not send interim answers for ever.
  private var total = 0
  private var isComplete = false

  /// Takes a line with its line break. Returns false when the head has become too large.
  mutating func take(_ line: UnsafeRawBufferPointer) -> Bool {
    total += line.count
    if isComplete { return total <= ClientLimits.headBytes }
    if bytes.isEmpty { bytes.reserveCapacity(512) }
    bytes.append(contentsOf: line)
    return total <= ClientLimits.headBytes
  }

  static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
    line.isEmpty || line[0] == UInt8(ascii: "\r") || line[0] == UInt8(ascii: "\n")
  }

  /// Reads what has come when a blank line ends it.
  mutating func blankLine() -> Event {
    guard !isComplete else { return .nothing }
    defer { bytes = [] }
    var fields: [HTTPHeaders.Field] = []
    fields.reserveCapacity(12)
    let start = bytes.withUnsafeMutableBufferPointer { Self.statusLine($0, Self.read($0, &fields)) }
    guard let (version, status) = start else { return .malformed }
    // 1xx is interim: the answer is still to come.
    guard status >= 200 || status == 101 else { return .nothing }
    isComplete = true
    return .head(status: status, version: version, HTTPHeaders(bytes: bytes, fields: fields))
  }

  /// Finds the fields of all lines behind the first; returns the first.
  private static func read(
    _ text: UnsafeMutableBufferPointer<UInt8>, _ fields: inout [HTTPHeaders.Field]
  ) -> Range<Int> {
    var first = 0..<0
    var (start, place, colon) = (0, 0, -1)
    while place < text.count {
      let byte = text[place]
      if byte == UInt8(ascii: ":"), colon < 0 { colon = place }
      if byte == UInt8(ascii: "\n") {
        var end = place
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        if start == 0 { first = 0..<end } else { add(start..<end, colon, text, &fields) }
        (start, colon) = (place + 1, -1)
      } else if byte < 0x20 {
        // A control character, a lone carriage return above all, would forge a field where the headers are written
        // again.
        text[place] = UInt8(ascii: " ")
      }
      place += 1
    }
    return first
  }

  /// A line without a colon is no field; it is passed over, as by libcurl.
  private static func add(
    _ line: Range<Int>, _ colon: Int, _ text: UnsafeMutableBufferPointer<UInt8>, _ fields: inout [HTTPHeaders.Field]
  ) {
    if !line.isEmpty, text[line.lowerBound] == UInt8(ascii: " "), let last = fields.last {
      // A folded line goes on with the value above it (RFC 9112, section 5.2); blanks stand for the fold.
      for index in last.value.upperBound..<line.lowerBound { text[index] = UInt8(ascii: " ") }
      fields[fields.count - 1] = HTTPHeaders.Field(name: last.name, value: last.value.lowerBound..<line.upperBound)
    } else if colon > line.lowerBound {
      var (nameEnd, start) = (colon, colon + 1)
      while nameEnd > line.lowerBound, text[nameEnd - 1] == UInt8(ascii: " ") { nameEnd -= 1 }
      while start < line.upperBound, text[start] == UInt8(ascii: " ") { start += 1 }
      fields.append(HTTPHeaders.Field(name: line.lowerBound..<nameEnd, value: start..<max(start, line.upperBound)))
    }
  }

  /// `HTTP/1.1 200 OK`, `HTTP/2 200`.
  private static func statusLine(
    _ text: UnsafeMutableBufferPointer<UInt8>, _ line: Range<Int>
  ) -> (version: String, status: Int)? {
    let space = line.first { text[$0] == UInt8(ascii: " ") } ?? line.upperBound
    var place = space
    while place < line.upperBound, text[place] == UInt8(ascii: " ") { place += 1 }
    let digits = place
    var status = 0
    while place < line.upperBound, text[place] &- UInt8(ascii: "0") < 10, place - digits < 4 {
      status = status * 10 + Int(text[place] - UInt8(ascii: "0"))
      place += 1
    }
    guard space > 5, place == digits + 3, place == line.upperBound || text[place] == UInt8(ascii: " ") else {
      return nil
    }
    let isPlain = space == 8 && text[5] == UInt8(ascii: "1") && text[7] == UInt8(ascii: "1")
    return (isPlain ? "1.1" : String(decoding: text[5..<space], as: UTF8.self), status)
  }
}
