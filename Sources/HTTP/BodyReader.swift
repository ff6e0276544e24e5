/// Reads a body to its end, whatever its framing: RFC 9112, sections 6 and 7.
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
  private var lines = LineReader()
  private var trailers: FieldBlock
  private let limits: HTTPLimits
  private let isLenient: Bool

  /// Throws 413 for a length that is beyond the limit already.
  init(_ framing: HTTPFraming, limits: HTTPLimits, isLenient: Bool) throws(HTTPError) {
    switch framing {
    case .none: state = .length(remaining: 0)
    case .length(let length):
      guard length <= limits.bodyBytes else { throw .bodyTooLarge }
      state = .length(remaining: length)
    case .chunked: state = .chunkLine
    case .untilClose: state = .untilClose
    }
    self.limits = limits
    self.isLenient = isLenient
    trailers = FieldBlock(
      byteLimit: limits.trailerBlockBytes, countLimit: limits.trailerFields, isLenient: isLenient)
  }

  /// A body that the end of the connection ends.
  var endsWithConnection: Bool {
    if case .untilClose = state { return true }
    return false
  }

  /// Nil: all input is used up and more is needed.
  mutating func next(_ span: Span<UInt8>, _ place: inout Int) throws(HTTPError) -> Step? {
    if case .length(0) = state { return .end(HTTPHeaders()) }
    while place < span.count {
      switch state {
      case .length(let remaining):
        let range = piece(span, &place, upTo: remaining)
        state = .length(remaining: remaining - range.count)
        return .bytes(range)
      case .untilClose:
        let range = piece(span, &place, upTo: span.count - place)
        try count(range.count)
        return .bytes(range)
      case .chunkLine: try readChunkLine(span, &place)
      case .chunkData(let remaining):
        let range = piece(span, &place, upTo: remaining)
        let rest = remaining - range.count
        state = rest == 0 ? .chunkEnd(sawReturn: false) : .chunkData(remaining: rest)
        return .bytes(range)
      case .chunkEnd(let sawReturn): try readChunkEnd(span, &place, sawReturn)
      case .trailers:
        if try trailers.read(&lines, span, &place) { return .end(trailers.take(&lines)) }
      }
    }
    return nil
  }

  private func piece(_ span: Span<UInt8>, _ place: inout Int, upTo count: Int) -> Range<Int> {
    let range = place..<place + min(count, span.count - place)
    place = range.upperBound
    return range
  }

  private mutating func count(_ bytes: Int) throws(HTTPError) {
    guard bytes <= limits.bodyBytes - total else { throw .bodyTooLarge }
    total += bytes
  }

  private mutating func readChunkLine(_ span: Span<UInt8>, _ place: inout Int) throws(HTTPError) {
    switch lines.next(span, &place, allowance: limits.chunkLineBytes) {
    case .needsMore: break
    case .tooLong: throw .malformed("a chunk's size and extensions are longer than \(limits.chunkLineBytes) bytes")
    case .complete(let line, let endsInBareLF):
      if endsInBareLF && !isLenient { throw .bareLineFeed }
      let size = try Self.chunkSize(lines.bytes.span, line)
      lines.reset()
      try count(size)
      state = size == 0 ? .trailers : .chunkData(remaining: size)
    }
  }

  private mutating func readChunkEnd(
    _ span: Span<UInt8>, _ place: inout Int, _ sawReturn: Bool
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
