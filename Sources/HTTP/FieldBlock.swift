/// Reads the field lines of a head or of trailers up to the empty line.
struct FieldBlock: Sendable {
  private(set) var fields: [HTTPHeaders.Field] = []
  private var blockBytes = 0
  /// Folded lines and bare line feeds: refused in requests, where a proxy in front may read them otherwise; mended in
  /// responses (RFC 9112, sections 2.2 and 5.2).
  let isLenient: Bool

  init(isLenient: Bool) { self.isLenient = isLenient }

  /// True when the empty line was read; false when more bytes are needed.
  mutating func read(
    _ lines: inout LineReader, _ span: Span<UInt8>, _ place: inout Int, within limits: HTTPLimits.Fields
  ) throws(HTTPError) -> Bool {
    while place < span.count {
      switch lines.next(span, &place, allowance: limits.bytes - blockBytes) {
      case .needsMore: return false
      case .tooLong: throw HTTPError(status: 431, reason: "the header block is larger than \(limits.bytes) bytes")
      case .complete(let line, let endsInBareLF):
        if endsInBareLF && !isLenient { throw .bareLineFeed }
        if line.isEmpty { return true }
        blockBytes += line.count + 2
        try add(line, &lines, limits.count)
      }
    }
    return false
  }

  /// The fields read, with the bytes they lie in.
  mutating func take(_ lines: inout LineReader) -> HTTPHeaders {
    let taken = fields
    fields = []
    blockBytes = 0
    return HTTPHeaders(bytes: lines.take(), fields: taken)
  }

  private mutating func add(
    _ line: Range<Int>, _ lines: inout LineReader, _ countLimit: Int
  ) throws(HTTPError) {
    if Octet.isBlank(lines.bytes[line.lowerBound]) { return try unfold(line, &lines) }
    guard fields.count < countLimit else {
      throw HTTPError(status: 431, reason: "the message has more than \(countLimit) header fields")
    }
    if fields.capacity == 0 { fields.reserveCapacity(12) }
    fields.append(try Self.field(lines.bytes.span, line))
  }

  private mutating func unfold(_ line: Range<Int>, _ lines: inout LineReader) throws(HTTPError) {
    guard isLenient, let last = fields.popLast() else {
      throw .malformed("a header line begins with a blank; folded lines are obsolete")
    }
    let value = try Self.value(lines.bytes.span, line)
    // Blanks alone add nothing, and what follows nothing is the whole value: no value begins or ends in blanks.
    if value.isEmpty { return fields.append(last) }
    if last.value.isEmpty { return fields.append(HTTPHeaders.Field(name: last.name, value: value)) }
    lines.blank(last.value.upperBound..<value.lowerBound)
    fields.append(HTTPHeaders.Field(name: last.name, value: last.value.lowerBound..<value.upperBound))
  }

  /// `field-name ":" OWS field-value OWS`
  private static func field(_ span: Span<UInt8>, _ line: Range<Int>) throws(HTTPError) -> HTTPHeaders.Field {
    var colon = line.lowerBound
    while colon < line.upperBound, Octet.isToken(span[colon]) { colon += 1 }
    guard colon < line.upperBound else { throw .malformed("a header line has no colon") }
    guard span[colon] == Octet.colon, colon > line.lowerBound else {
      throw .malformed(
        Octet.isBlank(span[colon])
          ? "there is a blank between a header's name and its colon" : "a header's name is empty or no token")
    }
    return HTTPHeaders.Field(name: line.lowerBound..<colon, value: try value(span, colon + 1..<line.upperBound))
  }

  private static func value(_ span: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> Range<Int> {
    guard Octet.areFieldText(span, range) else {
      throw .malformed("a header's value holds a control character, or CR without LF")
    }
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, Octet.isBlank(span[start]) { start += 1 }
    while end > start, Octet.isBlank(span[end - 1]) { end -= 1 }
    return start..<end
  }
}
