import HTTP
import Testing

@Suite struct GzipReaderTests {
  @Test("what zlib has written is read, whatever pieces it comes in", arguments: GzipVector.all)
  func vectors(_ vector: GzipVector) {
    for size in [Int.max, 1, 2, 7, 64] {
      let reading = GzipReading(vector.bytes, size: size)
      #expect(reading.error == nil, "in pieces of \(size)")
      #expect(reading.text == vector.text, "in pieces of \(size)")
    }
  }

  @Test("members one behind the other are one text")
  func members() {
    let bytes = GzipVector.stored.bytes + GzipVector.empty.bytes + GzipVector.dynamic.bytes + GzipVector.header.bytes
    let text = GzipVector.stored.text + GzipVector.dynamic.text + GzipVector.header.text
    for size in [Int.max, 1, 3] {
      let reading = GzipReading(bytes, size: size)
      #expect(reading.error == nil && reading.text == text)
    }
  }

  @Test("codes of every length are read, for literals as for distances")
  func longCodes() {
    // 1, 2, 3, … 14, 15, 15 bits.
    let lengths = (0..<16).map { min($0 + 1, 15) }
    var literals = [Int](repeating: 0, count: 286)
    let symbols = Array(65..<72) + [256, 257, 264, 265, 269, 277, 284, 285, 66 + 10]
    for (symbol, length) in zip(symbols, lengths) { literals[symbol] = length }
    let distances = lengths
    var writer = DeflateWriter()
    writer.dynamicHead(literals: literals, distances: distances)
    let (codes, far) = (DeflateWriter.codes(literals), DeflateWriter.codes(distances))
    var text: [UInt8] = []
    func literal(_ symbol: Int) {
      writer.code(codes[symbol])
      text.append(UInt8(symbol))
    }
    for _ in 0..<60 { for symbol in symbols where symbol < 256 { literal(symbol) } }
    // Symbol, extra bits, length without these: RFC 1951, section 3.2.5.
    let copies = [(257, 0, 3), (264, 0, 10), (265, 1, 11), (269, 2, 19), (277, 4, 67), (284, 5, 227), (285, 0, 258)]
    for (number, copy) in copies.enumerated() {
      for place in 0..<16 {
        let extra = (number + place) % (1 << copy.1)
        let more = max(0, place / 2 - 1)
        let base = place < 4 ? place + 1 : (2 + place % 2) << more + 1
        let distance = base + place % (1 << more)
        writer.code(codes[copy.0])
        writer.bits(extra, copy.1)
        writer.code(far[place])
        writer.bits(place % (1 << more), more)
        for _ in 0..<copy.2 + extra { text.append(text[text.count - distance]) }
        literal(symbols[place % 7])
      }
    }
    writer.code(codes[256])
    writer.trailer(text)
    for size in [Int.max, 1, 5] {
      let reading = GzipReading(writer.bytes, size: size)
      #expect(reading.error == nil && reading.text == text)
    }
  }

  @Test(
    "a text that breaks off is no text, wherever it does",
    arguments: [GzipVector.stored, .fixed, .dynamic, .header, .empty])
  func torn(_ vector: GzipVector) {
    for count in 0..<vector.bytes.count {
      let bytes = Array(vector.bytes[..<count])
      let whole = GzipReading(bytes)
      #expect(whole.error?.cause == .torn && whole.error.map { $0.offset <= count } == true, "\(count) bytes")
      #expect(whole.text == Array(vector.text.prefix(whole.text.count)))
    }
    let torn = Array(vector.bytes.dropLast(9))
    #expect(GzipReading(torn, size: 1) == GzipReading(torn))
  }

  @Test(
    "a flipped bit is found, or is one that tells of no text",
    arguments: [GzipVector.stored, .fixed, .dynamic, .header, .empty])
  func flipped(_ vector: GzipVector) {
    // Of the large one some of them, which are of all kinds.
    for place in stride(from: 0, to: 8 * vector.bytes.count, by: vector.bytes.count > 100 ? 13 : 1) {
      var bytes = vector.bytes
      bytes[place / 8] ^= 1 << UInt8(place % 8)
      let reading = GzipReading(bytes)
      #expect(reading.error != nil || reading.text == vector.text, "bit \(place)")
      #expect(GzipReading(bytes, size: 3) == reading, "bit \(place)")
    }
  }

  @Test(
    "what follows a member and is none is refused, with its place", arguments: ["\0", "x", "\u{1f}x", "{\"a\":1}\n"])
  func garbage(_ tail: String) {
    let reading = GzipReading(GzipVector.fixed.bytes + Array(tail.utf8))
    #expect(reading.error?.cause == .noMember(isFirst: false))
    let place = GzipVector.fixed.bytes.count + (tail.hasPrefix("\u{1f}") ? 2 : 1)
    #expect(reading.error?.offset == place && reading.text == GzipVector.fixed.text)
  }

  @Test("a small input that holds a thousand times as much comes out in bounded pieces, as they are asked for")
  func bomb() throws {
    var reader = GzipReader()
    let bytes = GzipVector.zeros.bytes + GzipVector.zeros.bytes
    var (place, total) = (0, 0)
    let first = try #require(try reader.next(in: bytes.span, at: &place))
    #expect(first.count <= GzipReader.pieceBytes && place < 200, "no more is read than the first piece needs")
    total = first.count
    while let piece = try reader.next(in: bytes.span, at: &place) {
      #expect(piece.count <= GzipReader.pieceBytes)
      total += piece.count
    }
    #expect(total == 2 << 20 && place == bytes.count)
    try reader.end()
  }

  @Test("an error is thrown again, whatever follows")
  func again() throws {
    var reader = GzipReader()
    var place = 0
    let (bad, good): ([UInt8], [UInt8]) = ([0x1f, 0x8c], GzipVector.fixed.bytes)
    let error = try #require(#expect(throws: GzipError.self) { try reader.next(in: bad.span, at: &place) })
    place = 0
    #expect(throws: error) { try reader.next(in: good.span, at: &place) }
    #expect(throws: error) { try reader.end() }
    #expect("\(error)".contains("1f 8b"))
  }
}
