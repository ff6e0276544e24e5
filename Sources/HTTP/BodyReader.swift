/// Reads a body to its end, whatever its framing: RFC 9112, sections 6 and 7.
///
/// Small, because it moves with its parser's state: the parser lends it the readers of lines and fields.
struct BodyReader: Sendable {
  enum Step {
    /// The body's bytes in the input.
    case bytes(Range<Int>)
    /// With the trailers of a chunked body.
    case end(HTTPHeaders)
  }

  private enum State {
    case length(remaining: Int)
    case chunkLine
    case chunkData(remaining: Int)
    /// The line end after a chunk's data.
    case chunkEnd(sawReturn: Bool)
    case trailers
    case untilClose
  }

  private var state: State
  private var total = 0

  /// What the parser lends.
  struct Tools: Sendable {
    var lines = LineReader()
    var block: FieldBlock
    let limits: HTTPLimits

    init(limits: HTTPLimits, isLenient: Bool) {
      self.limits = limits
      block = FieldBlock(isLenient: isLenient)
    }
  }

  /// Throws 413 for a length that is beyond the limit already.
  init(_ framing: HTTPFraming, limits: HTTPLimits) throws(HTTPError) {
    switch framing {
    case .none: state = .length(remaining: 0)
    case .length(let length):
      guard length <= limits.bodyBytes else { throw .bodyTooLarge }
      state = .length(remaining: length)
    case .chunked: state = .chunkLine
    case .untilClose: state = .untilClose
    }
  }

  /// A body that the end of the connection ends.
  var endsWithConnection: Bool {
    if case .untilClose = state { return true }
    return false
  }

  /// Nil: all input is used up and more is needed.
  mutating func next(
    _ span: Span<UInt8>, _ place: inout Int, with tools: inout Tools
  ) throws(HTTPError) -> Step? {
    if case .length(0) = state { return .end(HTTPHeaders()) }
    while place < span.count {
      switch state {
      case .length(let remaining):
        let range = piece(span, &place, upTo: remaining)
        state = .length(remaining: remaining - range.count)
        return .bytes(range)
      case .untilClose:
        let range = piece(span, &place, upTo: span.count - place)
        try count(range.count, tools.limits)
        return .bytes(range)
      case .chunkLine: try readChunkLine(span, &place, &tools)
      case .chunkData(let remaining):
        let range = piece(span, &place, upTo: remaining)
        let rest = remaining - range.count
        state = rest == 0 ? .chunkEnd(sawReturn: false) : .chunkData(remaining: rest)
        return .bytes(range)
      case .chunkEnd(let sawReturn): try readChunkEnd(span, &place, sawReturn, tools.block.isLenient)
      case .trailers:
        let limits = tools.limits.trailingFields
        if try tools.block.read(&tools.lines, span, &place, within: limits) {
          return .end(tools.block.take(&tools.lines))
        }
      }
    }
    return nil
  }

  private func piece(_ span: Span<UInt8>, _ place: inout Int, upTo count: Int) -> Range<Int> {
    let range = place..<place + min(count, span.count - place)
    place = range.upperBound
    return range
  }

  private mutating func count(_ bytes: Int, _ limits: HTTPLimits) throws(HTTPError) {
    guard bytes <= limits.bodyBytes - total else { throw .bodyTooLarge }
    total += bytes
  }

  private mutating func readChunkLine(
    _ span: Span<UInt8>, _ place: inout Int, _ tools: inout Tools
  ) throws(HTTPError) {
    switch tools.lines.next(span, &place, allowance: tools.limits.chunkLineBytes) {
    case .needsMore: break
    case .tooLong:
      throw .malformed("a chunk's size and extensions are longer than \(tools.limits.chunkLineBytes) bytes")
    case .complete(let line, let endsInBareLF):
      if endsInBareLF && !tools.block.isLenient { throw .bareLineFeed }
      let size = try Self.chunkSize(tools.lines.bytes.span, line)
      tools.lines.reset()
      try count(size, tools.limits)
      state = size == 0 ? .trailers : .chunkData(remaining: size)
    }
  }

  private mutating func readChunkEnd(
    _ span: Span<UInt8>, _ place: inout Int, _ sawReturn: Bool, _ isLenient: Bool
  ) throws(HTTPError) {
    let byte = span[place]
    place += 1
    switch (byte, sawReturn) {
    case (Octet.carriageReturn, false): state = .chunkEnd(sawReturn: true)
    case (Octet.lineFeed, true): state = .chunkLine
    case (Octet.lineFeed, false) where isLenient: state = .chunkLine
    default: throw .malformed("a chunk's data is not followed by CR LF")
    }
  }

  /// `1*HEXDIG [ BWS ";" extensions ]`; the extensions are read over.
  private static func chunkSize(_ span: Span<UInt8>, _ line: Range<Int>) throws(HTTPError) -> Int {
    var size = 0
    var place = line.lowerBound
    while place < line.upperBound, let digit = Octet.hexValue(span[place]) {
      guard size >> (Int.bitWidth - 5) == 0 else { throw .bodyTooLarge }
      size = size << 4 | Int(digit)
      place += 1
    }
    guard place > line.lowerBound else { throw .malformed("a chunk has no size in hexadecimal digits") }
    let digitsEnd = place
    while place < line.upperBound, Octet.isBlank(span[place]) { place += 1 }
    if digitsEnd == line.upperBound { return size }
    guard place < line.upperBound, span[place] == Octet.semicolon else {
      throw .malformed("a chunk's size is followed by something that is no extension")
    }
    while place < line.upperBound {
      guard Octet.isFieldText(span[place]) else { throw .malformed("a chunk's extension holds a control character") }
      place += 1
    }
    return size
  }
}
