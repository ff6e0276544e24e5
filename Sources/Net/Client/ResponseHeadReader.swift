import HTTP

/// Gathers the header lines that libcurl hands over one by one into the head of an answer.
struct ResponseHeadReader {
  enum Event {
    case more
    case head(status: Int, version: String, HTTPHeaders)
    case tooLarge
    /// A status line that cannot be read.
    case malformed
  }

  /// The status line and the fields, without what separates them.
  private var bytes: [UInt8] = []
  private var statusLine = 0..<0
  private var fields: [HTTPHeaders.Field] = []
  /// Bytes of all heads so far: a peer may not send interim answers for ever.
  private var total = 0
  /// What follows the final head is a chunked body's trailer.
  private var isComplete = false

  mutating func take(_ line: UnsafeRawBufferPointer) -> Event {
    total += line.count
    guard total <= ClientLimits.headBytes else { return .tooLarge }
    if isComplete { return .more }
    var end = line.count
    while end > 0, line[end - 1] == UInt8(ascii: "\n") || line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    guard end > 0 else { return blankLine() }
    let start = bytes.count
    if start == 0 {
      bytes.reserveCapacity(512)
      fields.reserveCapacity(12)
    }
    // A control character, a lone line break above all, would forge a field where the headers are written again.
    for index in 0..<end { bytes.append(line[index] < 0x20 ? UInt8(ascii: " ") : line[index]) }
    if start == 0 {
      statusLine = 0..<end
    } else if Self.isBlank(bytes[start]) {
      unfold(from: start)
    } else {
      addField(start..<bytes.count)
    }
    return .more
  }

  private mutating func blankLine() -> Event {
    defer { (bytes, fields) = ([], []) }
    guard let (version, status) = Self.read(bytes[statusLine]) else { return .malformed }
    // 1xx is interim: the answer is still to come.
    guard status >= 200 || status == 101 else { return .more }
    isComplete = true
    return .head(status: status, version: version, HTTPHeaders(bytes: bytes, fields: fields))
  }

  /// A line without a colon is no field; it is passed over, as by libcurl.
  private mutating func addField(_ line: Range<Int>) {
    guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")) else { return }
    var nameEnd = colon
    while nameEnd > line.lowerBound, Self.isBlank(bytes[nameEnd - 1]) { nameEnd -= 1 }
    var (start, end) = (colon + 1, line.upperBound)
    while start < end, Self.isBlank(bytes[start]) { start += 1 }
    while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
    fields.append(HTTPHeaders.Field(name: line.lowerBound..<nameEnd, value: start..<end))
  }

  /// A folded line goes on with the value above it (RFC 9112, section 5.2); blanks stand for the fold.
  private mutating func unfold(from start: Int) {
    guard let last = fields.popLast() else { return }
    for index in last.value.upperBound..<start { bytes[index] = UInt8(ascii: " ") }
    fields.append(HTTPHeaders.Field(name: last.name, value: last.value.lowerBound..<bytes.count))
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// `HTTP/1.1 200 OK`, `HTTP/2 200`.
  private static func read(_ line: ArraySlice<UInt8>) -> (version: String, status: Int)? {
    guard line.starts(with: "HTTP/".utf8), let space = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
    let digits = line[space...].drop(while: isBlank).prefix { !isBlank($0) }
    guard digits.count == 3 else { return nil }
    var status = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      status = status * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return (String(decoding: line[(line.startIndex + 5)..<space], as: UTF8.self), status)
  }
}
