import HTTP

/// What a reader says of some bytes: what they hold, as far as they can be read, and why no further.
struct GzipReading: Equatable {
  var text: [UInt8] = []
  var error: GzipError?

  /// - Parameter size: of the pieces in which the bytes come.
  init(_ bytes: [UInt8], size: Int = .max) {
    var reader = GzipReader()
    do throws(GzipError) {
      var start = 0
      while start < bytes.count {
        let piece = Array(bytes[start...].prefix(size))
        var place = 0
        while let part = try reader.next(in: piece.span, at: &place) { text += part }
        start += piece.count
      }
      try reader.end()
    } catch {
      self.error = error
    }
  }
}

/// Writes DEFLATE bit by bit, behind a header of gzip.
struct DeflateWriter {
  private(set) var bytes: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
  private var free = 0

  /// The lowest bit first.
  mutating func bits(_ value: Int, _ count: Int) {
    for place in 0..<count {
      if free == 0 {
        bytes.append(0)
        free = 8
      }
      bytes[bytes.count - 1] |= UInt8(value >> place & 1) << UInt8(8 - free)
      free -= 1
    }
  }

  mutating func align() { free = 0 }

  /// A code, whose highest bit comes first.
  mutating func code(_ code: (value: Int, length: Int)) {
    for place in (0..<code.length).reversed() { bits(code.value >> place & 1, 1) }
  }

  /// The head of the last block, with codes of its own: how many bits each symbol has, 0 for none.
  mutating func dynamicHead(literals: [Int], distances: [Int]) {
    bits(0b101, 3)
    bits(literals.count - 257, 5)
    bits(distances.count - 1, 5)
    // The lengths 0 to 15 have four bits each, repeats have none.
    bits(19 - 4, 4)
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] { bits(symbol < 16 ? 4 : 0, 3) }
    for length in literals + distances { code((length, 4)) }
  }

  /// The codes of RFC 1951, section 3.2.2.
  static func codes(_ lengths: [Int]) -> [(value: Int, length: Int)] {
    var codes = [(value: Int, length: Int)](repeating: (0, 0), count: lengths.count)
    var next = 0
    for length in 1...15 {
      for (symbol, own) in lengths.enumerated() where own == length {
        codes[symbol] = (next, length)
        next += 1
      }
      next <<= 1
    }
    return codes
  }

  mutating func trailer(_ text: [UInt8]) {
    align()
    let crc = ~text.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    bits(Int(crc), 32)
    bits(text.count, 32)
  }
}
